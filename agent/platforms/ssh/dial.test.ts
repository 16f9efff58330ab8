import net from 'node:net';
import { expect, test } from 'vitest';
import { FailureError } from '@fairlead/proto/model/failure.ts';
import { dial } from './dial.ts';
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
