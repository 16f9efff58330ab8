import { expect, test } from 'vitest';
import { NatsBus } from '@fairlead/control-plane/adapters/nats/bus.ts';
import { realSystem } from '@fairlead/control-plane/adapters/system/index.ts';
import { SILENT } from '@fairlead/agent/ports/logger.ts';
import { requireReal } from '../../support/real/index.ts';
import { startNats } from '../../support/real/nats.ts';
import { busContract } from './contract.ts';

const open = (url: string, name: string): NatsBus =>
  new NatsBus({ url, name, logger: SILENT, scheduler: realSystem.scheduler });

busContract('NATS', async () => {
  const { url } = requireReal('nats');
  const [bus, other] = [open(url, 'one'), open(url, 'other')];
  await Promise.all([bus.connected, other.connected]);
  return { bus, other, end: () => Promise.all([bus.close(), other.close()]).then(() => {}) };
});

test('a server that is away, comes, goes and comes again: at once UNAVAILABLE, then everything is back by itself', async () => {
  const { path } = requireReal('nats');
  const first = await startNats(path);
  const port = Number(new URL(first.url).port);
  await first.stop();

  const bus = open(first.url, 'patient');
  bus.serve('fairlead.test.patient', () => Promise.resolve({ here: true }));
  let rung = 0;
  bus.subscribe('fairlead.test.bell', () => void (rung += 1));
  const works = (): Promise<boolean> =>
    bus.request('fairlead.test.patient', {}, 500).then(
      ({ here }) => here === true,
      () => false,
    );
  await expect(bus.request('fairlead.test.patient', {}, 20_000)).rejects.toThrow('NATS is not reachable');

  for (let round = 0; round < 2; round += 1) {
    const server = await startNats(path, '', port);
    try {
      await expect.poll(works, { timeout: 10_000 }).toBe(true);
      const before = rung;
      bus.publish('fairlead.test.bell', {});
      await expect.poll(() => rung).toBe(before + 1);
    } finally {
      await server.stop();
    }
    await expect.poll(works).toBe(false);
    const began = Date.now();
    await expect(bus.request('fairlead.test.patient', {}, 20_000)).rejects.toMatchObject({
      failures: [{ code: 'UNAVAILABLE' }],
    });
    expect(Date.now() - began).toBeLessThan(1_000);
  }
  await bus.close();
}, 40_000);
