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
