import { createHash } from 'node:crypto';
import ssh2 from 'ssh2';
import type { ParsedKey } from 'ssh2';

const KEPT = 100;

/**
 * Private keys that were read once. Opening one that has a passphrase takes half a second in which nothing else
 * happens, so it must not be done for each host.
 */
export class PrivateKeys {
  readonly #read = new Map<string, ParsedKey | Error>();

  read(text: string, passphrase: string | undefined): ParsedKey | Error {
    const id = createHash('sha256')
      .update(JSON.stringify([text, passphrase]))
      .digest('hex');
    const known = this.#read.get(id);
    if (known !== undefined) return known;
    const key = parse(text, passphrase);
    this.#read.set(id, key);
    for (const oldest of this.#read.keys()) {
      if (this.#read.size <= KEPT) break;
      this.#read.delete(oldest);
    }
    return key;
  }
}

function parse(text: string, passphrase: string | undefined): ParsedKey | Error {
  // A file of several keys is read as a list, which its types leave out; the first one counts.
  const parsed = ssh2.utils.parseKey(text, passphrase) as ParsedKey | Error | readonly (ParsedKey | Error)[];
  const key = 'length' in parsed ? parsed[0] : parsed;
  if (key === undefined) return new Error('there is no key in it');
  if (!(key instanceof Error) && !key.isPrivateKey()) return new Error('it is a public key');
  return key;
}
