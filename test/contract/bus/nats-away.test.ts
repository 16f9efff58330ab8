import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { NatsRequests } from '@fairlead/agent/adapters/nats-requests.ts';
import { SILENT } from '@fairlead/agent/ports/logger.ts';
import { NatsBus } from '@fairlead/control-plane/adapters/nats/bus.ts';
import { realSystem } from '@fairlead/control-plane/adapters/system/index.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Hangs up on everybody, as long as it is told to listen; counts who came. */
async function hangUp(port = 0): Promise<{ readonly port: number; readonly calls: () => number }> {
  let calls = 0;
  const server = createServer((socket: Socket) => {
    calls += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  closing.push(() => server.close());
  return { port: (server.address() as AddressInfo).port, calls: () => calls };
}

const ends = [
  ['the bus', (url: string) => new NatsBus({ url, name: 'one', logger: SILENT, scheduler: realSystem.scheduler })],
  ['the requests of an agent', (url: string) => new NatsRequests(url, 'fairlead.agent.a.inbox', SILENT)],
] as const;

test.each(ends)('%s that was closed before it reached NATS tries no more', async (_, open) => {
  const { port, calls } = await hangUp();
  const opened = open(`nats://127.0.0.1:${port}`);
  await expect.poll(calls).toBeGreaterThan(1);
  await opened.close();
  const before = calls();
  await setTimeout(1_500);
  expect(calls()).toBe(before);
});

test('the bus tells why it carries nothing', async () => {
  const { port } = await hangUp();
  for (const close of closing.splice(0)) close();
  const bus = new NatsBus({
    url: `nats://127.0.0.1:${port}`,
    name: 'one',
    logger: SILENT,
    scheduler: realSystem.scheduler,
  });
  await expect.poll(() => bus.trouble()).toContain('ECONNREFUSED');
  await bus.close();
});
