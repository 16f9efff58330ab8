import { expect, it } from 'vitest';
import { createMemoryStore } from '../../test/support/memory-store/index.ts';
import { simplePlan } from '../../test/support/plans.ts';
import type { Decision } from './deliberate.ts';
import { journalCodec } from './journal-codec.ts';

const codec = journalCodec(createMemoryStore().blobs);
const head = { executionId: 'x1', seq: 1, epoch: 1, now: 5 };

const ended = (outputs: NonNullable<unknown>): Decision => {
  const result = { outcome: 'SUCCESS', touched: true, outputs: outputs as Record<string, string> } as const;
  return {
    input: { input: 'finished', attemptId: 'x1/r/p/s/t@h#1', result },
    events: [{ event: 'AttemptEnded', attemptId: 'x1/r/p/s/t@h#1', result, at: 5 }],
  };
};

it.each([
  ['small outputs', ended({ build: '7' })],
  ['large outputs', ended({ text: 'x'.repeat(100_000) })],
  ['outputs that look like a reference of ours', ended({ $blob: 'nothing', list: [{ $blob: 'nothing' }] })],
  ['a plan', { input: { input: 'start', plan: simplePlan(), driver: 'r', epoch: 1 }, events: [] } satisfies Decision],
])('gives back what it was given: %s', async (_name, decision) => {
  const record = await codec.encode(head, [decision]);
  expect(record.body.length).toBeLessThan(65_536);
  expect(await codec.decode(record)).toEqual([decision]);
});

const hosts = Array.from({ length: 10_000 }, (_, index) => `host-${index}.example`);
const attempt = (host: string): string => `x1/run/p1.0/deploy/install@${host}#1`;

it.each([
  [
    'the start of a step on ten thousand hosts',
    [{ event: 'StepStarted', stepId: 'x1/run/p1.0/deploy/install', targets: hosts, at: 5 }],
  ],
  ['the choice of ten thousand hosts', [{ event: 'HostsSelected', phaseId: 'x1/run/p1.0', hosts, at: 5 }]],
  [
    'an abort that stops ten thousand',
    hosts.map((host) => ({ event: 'CancelRequested', attemptId: attempt(host), reason: 'enough', at: 5 })),
  ],
] satisfies readonly (readonly [string, Decision['events']])[])('keeps records small: %s', async (_name, events) => {
  const result = {
    outcome: 'SUCCESS',
    touched: true,
    outputs: { text: 'x'.repeat(50_000), $blob: 'nothing' },
  } as const;
  const decisions: readonly Decision[] = [
    { input: { input: 'abort', actor: 'ada', reason: 'enough' }, events },
    {
      input: { input: 'finished', attemptId: attempt('h'), result },
      events: [{ event: 'AttemptEnded', attemptId: attempt('h'), result, at: 5 }],
    },
  ];
  const record = await codec.encode(head, decisions);
  expect(record.body.length).toBeLessThan(65_536);
  expect(await codec.decode(record)).toEqual(decisions);
});

it('refuses the format of a newer release', async () => {
  const body = JSON.stringify({ format: 99, engine: 1, decisions: [] });
  await expect(codec.decode({ ...head, body })).rejects.toThrow('format 99');
});
