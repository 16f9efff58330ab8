import { expect, it } from 'vitest';
import { oneStep, plan, runPlan } from '../../test/support/plans.ts';
import { failed, Play } from '../../test/support/play.ts';
import { viewOf } from './execution-view.ts';

const [first] = oneStep().stages;
const runs = (play: Play) =>
  viewOf(play.execution, 1, (id) => id)
    .nodes.filter(({ kind }) => kind === 'run')
    .map(({ id, status }) => [id, status]);

it('shows a run that has not had its turn as not started, and as skipped once all is over', () => {
  const later = { id: 's2', name: 'later', runs: [runPlan([], { id: 'later' })] };
  const two = { ...plan([]), kind: 'PIPELINE' as const, stages: [first ?? later, later] };
  const play = new Play(two).run(() => null);
  expect(runs(play)).toEqual([
    ['x1/run', 'RUNNING'],
    ['x1/later', null],
  ]);
  // However it came to its end: here nobody has said of the run what becomes of it.
  const over = new Play(two).run(() => null);
  over.tell([{ event: 'ExecutionEnded', status: 'ABORTED', at: 2_000 }]);
  expect(runs(over)[1]).toEqual(['x1/later', 'SKIPPED']);
  play.report(() => failed());
  expect(runs(play)).toEqual([
    ['x1/run', 'FAILED'],
    ['x1/later', 'SKIPPED'],
  ]);
});
