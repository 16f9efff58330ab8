import { expect, it } from 'vitest';
import { createMemoryStore } from '../../test/support/memory-store/index.ts';
import { queuesOf } from './queues.ts';

const place = (executionId: string, since: number | null = null) => ({
  executionId,
  by: `${executionId}/r1`,
  ticket: 1,
  permits: 1,
  since,
});

it('puts what somebody waits for first, and names everybody it knows', async () => {
  const { rows } = createMemoryStore();
  const row = { seq: 1, application: 'shop', name: 'release', environment: null, startedAt: 1, endedAt: null };
  await rows.putExecution({
    ...row,
    executionId: 'x1',
    kind: 'PIPELINE',
    status: 'RUNNING',
    actor: 'ada',
    summary: {},
  });
  const queues = await queuesOf(
    rows,
    [{ key: 'k', name: 'shop/prod', active: [place('x1', 5)], blocked: [] }],
    [
      {
        name: 'backup',
        capacity: 2,
        strategy: 'ASAP',
        units: [{ unit: 'prod', used: 1, active: [place('x1')], blocked: [place('gone', 7)] }],
      },
    ],
  );
  const execution = { name: 'release', application: 'shop', actor: 'ada' };
  expect(queues).toEqual([
    {
      kind: 'GUARD',
      name: 'backup',
      unit: 'prod',
      capacity: 2,
      used: 1,
      strategy: 'ASAP',
      holders: [{ ...place('x1'), execution }],
      waiting: [{ ...place('gone', 7), execution: null }],
    },
    {
      kind: 'INFRASTRUCTURE',
      name: 'shop/prod',
      unit: '',
      capacity: 1,
      used: 1,
      strategy: 'FIFO',
      holders: [{ ...place('x1', 5), execution }],
      waiting: [],
    },
  ]);
});
