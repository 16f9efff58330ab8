import { expect, test } from 'vitest';
import { SILENT } from '@fairlead/agent/ports/logger.ts';
import { NatsBus } from '@fairlead/control-plane/adapters/nats/bus.ts';
import { realSystem } from '@fairlead/control-plane/adapters/system/index.ts';
import { subjects } from '@fairlead/proto/subjects.ts';
import { task } from '../../support/agent-fakes.ts';
import { requireReal } from '../../support/real/index.ts';
import { startNats } from '../../support/real/nats.ts';
import { LinkWorld } from './link-world.ts';

const soon = { timeout: 15_000, interval: 20 };

test('where the welcome names NATS, requests come from there and reports go by gRPC; a restarted broker changes nothing', async () => {
  const { path } = requireReal('nats');
  const first = await startNats(path);
  const port = Number(new URL(first.url).port);
  const world = new LinkWorld();
  const bus = new NatsBus({ url: first.url, name: 'test', logger: SILENT, scheduler: realSystem.scheduler });
  await bus.connected;
  world.gateway.welcome = { bus: { kind: 'NATS', url: first.url } };
  await world.listen();
  await world.startAgent();
  const ask = (request: object): Promise<unknown> => bus.request(subjects.agent('a1'), { ...request } as never, 2_000);
  const query = { kind: 'query', query: 'artifactVersions', arguments: {} };
  const answers = (): Promise<boolean> =>
    ask(query).then(
      () => true,
      () => false,
    );
  await expect.poll(answers, soon).toBe(true);

  const attemptId = 'e/run/a@-#1';
  const offer = {
    kind: 'offer',
    attemptId,
    epoch: 1,
    assignment: 1,
    ledgerId: world.gateway.hellos[0]?.ledgerId,
    sessionId: world.gateway.sessionId,
    task: task(attemptId),
  };
  expect(await ask(offer)).toEqual({ answer: 'accepted' });
  expect(await ask(offer)).toMatchObject({ answer: 'known' });
  await expect.poll(() => world.platform.attempts.length, soon).toBe(1);

  await first.stop();
  await expect.poll(answers, soon).toBe(false);
  const second = await startNats(path, '', port);
  await expect.poll(answers, soon).toBe(true);
  expect(world.gateway.hellos).toHaveLength(1);
  world.platform.end(attemptId);
  await expect.poll(() => world.gateway.reported('finished'), soon).toHaveLength(1);

  await world.end();
  await bus.close();
  await second.stop();
}, 60_000);
