import { expect, test } from 'vitest';
import type { Report } from '@fairlead/proto/model/task.ts';
import { NO_CRASH } from '../test/support/agent-fakes.ts';
import { Outbox } from './outbox.ts';

const report: Report = { report: 'finished', attemptId: 'a#1', result: { outcome: 'SUCCESS', touched: true } };

test('a report that nobody answers comes again while the session lasts, until somebody does', async () => {
  const outbox = new Outbox(NO_CRASH);
  const sent: string[] = [];
  outbox.connected((id) => void sent.push(id));
  const answered = outbox.send('one', report);
  outbox.beat();
  outbox.beat();
  expect(sent).toEqual(['one']);
  outbox.beat();
  expect(sent).toEqual(['one', 'one']);
  outbox.acknowledged('one', { verdict: 'recorded' });
  expect(await answered).toEqual({ verdict: 'recorded' });
  for (let beat = 0; beat < 9; beat += 1) outbox.beat();
  expect(sent).toEqual(['one', 'one']);
});

test('without a session a reminder sends nothing', () => {
  const outbox = new Outbox(NO_CRASH);
  void outbox.send('one', report);
  for (let beat = 0; beat < 9; beat += 1) outbox.beat();
  const sent: string[] = [];
  outbox.connected((id) => void sent.push(id));
  expect(sent).toEqual(['one']);
});

test('of very many ends a part is on its way at a time, and starts pass them; those that nobody answers hold up no other', async () => {
  const outbox = new Outbox(NO_CRASH);
  const sent: string[] = [];
  const end = (n: number): Report => ({
    report: 'finished',
    attemptId: `e/a@h${n}#1`,
    result: { outcome: 'SUCCESS', touched: true },
  });
  for (let n = 0; n < 2_500; n += 1) void outbox.send(`end ${n}`, end(n));
  outbox.connected((id) => void sent.push(id));
  expect(sent).toHaveLength(1_000);
  void outbox.send('start', { report: 'starting', attemptId: 'e/a@h#1', assignment: 1 });
  expect(sent.slice(1_000)).toEqual(['start']);
  outbox.acknowledged('end 7', { verdict: 'recorded' });
  outbox.drop('end 8');
  expect(sent.slice(1_001)).toEqual(['end 1000', 'end 1001']);
  // Of an execution that is broken, say: the next have their turn.
  for (let beat = 0; beat < 3; beat += 1) outbox.beat();
  expect(sent.slice(1_003)).toContain('end 2001');
  for (let beat = 0; beat < 3; beat += 1) outbox.beat();
  expect(new Set(sent).size).toBe(2_501);
  for (let n = 0; n < 2_500; n += 1) outbox.acknowledged(`end ${n}`, { verdict: 'recorded' });
  outbox.acknowledged('start', { verdict: 'recorded' });
  await outbox.emptied();
});
