import { createHash } from 'node:crypto';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * The host keys that were trusted on first use, one line for each address in a file of the agent's data directory:
 * `<address>:<port> SHA256:…`. To trust a host's new key, take its line out.
 */
export interface HostKeys {
  /** The fingerprint remembered for the address, if any. */
  remembered(address: string, port: number): string | null;
  remember(address: string, port: number, fingerprint: string): Promise<void>;
}

export async function openHostKeys(file: string): Promise<HostKeys> {
  await mkdir(dirname(file), { recursive: true });
  const known = new Map<string, string>();
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  for (const line of text.split('\n')) {
    const [where, fingerprint] = line.trim().split(/\s+/);
    if (where !== undefined && fingerprint !== undefined && !where.startsWith('#')) known.set(where, fingerprint);
  }
  return {
    remembered: (address, port) => known.get(`${address}:${port}`) ?? null,
    remember: async (address, port, fingerprint) => {
      if (known.has(`${address}:${port}`)) return;
      known.set(`${address}:${port}`, fingerprint);
      await appendFile(file, `${address}:${port} ${fingerprint}\n`, { mode: 0o600 });
    },
  };
}

/** As ssh-keygen prints it. */
export const fingerprint = (key: Uint8Array): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;

/** `ssh-rsa`, say: its first field. */
export const keyType = (key: Buffer): string => key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1');

/** The pin as a fingerprint: it may be written as one, or as a public key line. */
export function pinned(pin: string): string | null {
  const trimmed = pin.trim();
  if (/^SHA256:[A-Za-z0-9+/]{43}=?$/.test(trimmed)) return trimmed.replace(/=+$/, '');
  const encoded = keyParts(trimmed)[1];
  return encoded === undefined ? null : fingerprint(Buffer.from(encoded, 'base64'));
}

/** The type of key a public key line pins, so that the host is asked for that one. */
export const pinnedType = (pin: string): string | null => keyParts(pin.trim())[0] ?? null;

function keyParts(line: string): readonly string[] {
  const found = /(?:^|\s)(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521))\s+([A-Za-z0-9+/]+={0,2})(?:\s|$)/.exec(
    line,
  );
  return found === null ? [] : [found[1] ?? '', found[2] ?? ''];
}
