import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A TCP road to a server, on which the answer to one request can be lost after the server has handled it. */
export interface CuttingProxy {
  readonly port: number;
  /** The next request that holds this text is handled, and its connection cut before the answer comes through. */
  loseAnswerTo(text: string): void;
  /** How many answers were lost. */
  lost(): number;
  close(): Promise<void>;
}

export async function startCuttingProxy(target: {
  readonly host: string;
  readonly port: number;
}): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let armed: string | null = null;
  let lost = 0;

  const server = createServer((near) => {
    const far = connect(target);
    let cutsNext = false;
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.on('data', (bytes: Buffer) => {
      if (armed !== null && bytes.includes(armed)) {
        armed = null;
        cutsNext = true;
      }
      far.write(bytes);
    });
    far.on('data', (bytes: Buffer) => {
      if (!cutsNext) return void near.write(bytes);
      lost++;
      near.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    // A listening TCP server always has an address of this shape.
    port: (server.address() as AddressInfo).port,
    loseAnswerTo(text) {
      armed = text;
    },
    lost: () => lost,
    async close() {
      if (!server.listening) return;
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
