import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { RunningProcess } from './processes.ts';

/** For programs that cannot take port 0 and tell which they got. Another may take it meanwhile: check the start. */
export function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, host, () => {
      // A listening TCP server always has an address of this shape.
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

/** Resolves when something accepts there; rejects with its output when the server ends first or takes too long. */
export async function untilListening(
  host: string,
  port: number,
  server: RunningProcess,
  timeoutMs = 30_000,
): Promise<void> {
  const until = Date.now() + timeoutMs;
  while (!(await accepts(host, port))) {
    try {
      process.kill(server.pid, 0);
    } catch {
      throw new Error(`It ended before it listened on ${host}:${port}:\n${server.output()}`);
    }
    if (Date.now() > until) throw new Error(`Nothing listens on ${host}:${port}:\n${server.output()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
