import net from 'node:net';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FailureError } from '@fairlead/proto/model/failure.ts';
import { dial } from './dial.ts';
import { fingerprint } from './host-keys.ts';
import { PrivateKeys } from './private-keys.ts';
import { Slots } from './slots.ts';

test('a host that breaks off while others are logging in is a failure of its own, and no error of the process', async () => {
  const greeted: net.Socket[] = [];
  const server = net.createServer((socket) => {
    greeted.push(socket);
    socket.write('SSH-2.0-test\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  const handshakes = new Slots(1);
  const release = await handshakes.take();
  try {
    const failed = dial(
      {
        name: 'web-1',
        address: '127.0.0.1',
        port,
        login: { user: 'deploy' },
        hostKey: null,
        variables: {},
      },
      { password: 'x' },
      {
        hostKeys: { remembered: () => null, remember: () => Promise.resolve() },
        privateKeys: new PrivateKeys(),
        handshakes,
        readyTimeoutMs: 2_000,
        keepaliveMs: 0,
      },
      () => null,
    ).catch((error: unknown) => error);
    await expect.poll(() => greeted.length).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    greeted[0]?.resetAndDestroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const releasedAt = performance.now();
    release();
    const error = await failed;
    expect(error).toBeInstanceOf(FailureError);
    expect((error as FailureError).failures[0]).toMatchObject({ code: 'UNREACHABLE', details: { closedEarly: true } });
    // It is known to be gone: nobody waits for it to speak.
    expect(performance.now() - releasedAt).toBeLessThan(1_000);
  } finally {
    server.close();
  }
});

/** Of a few hundred keys that ssh2 makes there is one that it cannot read again. */
function readable<K extends { readonly private: string }>(make: () => K): K {
  for (;;) {
    const made = make();
    if (!(ssh2.utils.parseKey(made.private) instanceof Error)) return made;
  }
}

describe('a host with keys of several types', () => {
  const keys = {
    ed25519: readable(() => ssh2.utils.generateKeyPairSync('ed25519')),
    ecdsa: readable(() => ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 })),
    rsa: readable(() => ssh2.utils.generateKeyPairSync('rsa', { bits: 2_048 })),
  };
  const lineOf = (key: keyof typeof keys): string => keys[key].public;
  const fingerprintOf = (key: keyof typeof keys): string =>
    fingerprint(Buffer.from(lineOf(key).split(' ')[1] ?? '', 'base64'));
  const offered = [keys.ed25519.private, keys.ecdsa.private, keys.rsa.private];
  let server: ssh2.Server;
  let connections = 0;
  beforeAll(async () => {
    server = new ssh2.Server({ hostKeys: offered }, (client) => {
      connections += 1;
      client.on('error', () => undefined);
      client.on('authentication', (context) => context.accept());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => server.close());

  const known: string[] = [];
  const dialled = async (hostKey: string | null, remembered: string | null = null): Promise<string> => {
    connections = 0;
    const { port } = server.address() as net.AddressInfo;
    const remember = (_: string, __: number, shown: string): Promise<void> => {
      known.push(shown);
      return Promise.resolve();
    };
    try {
      const client = await dial(
        { name: 'web-1', address: '127.0.0.1', port, login: { user: 'deploy' }, hostKey, variables: {} },
        { password: 'x' },
        {
          hostKeys: { remembered: () => remembered, remember },
          privateKeys: new PrivateKeys(),
          handshakes: new Slots(1),
          readyTimeoutMs: 5_000,
          keepaliveMs: 0,
        },
        (each) => each,
      );
      client.end();
      return 'logged in';
    } catch (error) {
      if (!(error instanceof FailureError)) throw error;
      return `${error.failures[0].code}: ${error.failures[0].message}`;
    }
  };

  test.each(['ed25519', 'ecdsa', 'rsa'] as const)('shows the one that is pinned, %s', async (type) => {
    expect(await dialled(fingerprintOf(type))).toBe('logged in');
    expect(await dialled(lineOf(type))).toBe('logged in');
    // A line says of which type it is: nothing has to be tried.
    expect(connections).toBe(1);
  });

  test('shows the one that was remembered before it had others', async () => {
    expect(await dialled(null, fingerprintOf('rsa'))).toBe('logged in');
    expect(known).toEqual([]);
  });

  test('and none of them is trusted for another that is pinned', async () => {
    const other = `SHA256:${'A'.repeat(43)}`;
    const all = [fingerprintOf('ed25519'), fingerprintOf('ecdsa'), fingerprintOf('rsa')];
    const refused = await dialled(other);
    expect(refused).toMatch(/^HOST_KEY_MISMATCH: web-1 /);
    expect(refused).toContain(`shows the host keys ${all.join(', ')}, but ${other} is pinned in the infrastructure`);
    expect(await dialled(null, other)).toMatch(/^HOST_KEY_MISMATCH: .* is remembered from the first connection$/);
    const line = ssh2.utils.generateKeyPairSync('rsa', { bits: 2_048 }).public;
    expect(await dialled(line)).toContain(`shows the host key ${fingerprintOf('rsa')}, but `);
    expect(known).toEqual([]);
  });
});
