import { describe, expect, it } from 'vitest';
import { simplePlan } from '../../../test/support/plans.ts';
import { failed, Play, succeeded } from '../../../test/support/play.ts';
import { artifact } from '../../definitions/plan-fixture.ts';
import type { PhasePlan, Plan, RunPlan, StagePlan } from '../plan.ts';
import { planOfRun } from '../plan-of.ts';
import { taskOfAttempt } from '../task.ts';

const run = (id: string, build: string, more: Partial<RunPlan> = {}, phase: Partial<PhasePlan> = {}): RunPlan => {
  const [simple] = simplePlan({
    phase: {
      artifact: artifact('web', build),
      rollbackArtifact: artifact('web', '1'),
      families: { artifact: { buildNo: build }, rollbackArtifact: { buildNo: '1' } },
      ...phase,
    },
    steps: { install: { artifact: 'current' }, undo: { artifact: 'rollback' } },
  }).stages.flatMap((stage) => stage.runs);
  if (simple === undefined) throw new Error('no run');
  return { ...simple, id, ...more };
};

const pipeline = (...stages: readonly (readonly RunPlan[])[]): Plan => ({
  ...simplePlan(),
  kind: 'PIPELINE',
  stages: stages.map((runs, index): StagePlan => ({ id: `s${index + 1}`, name: `stage ${index + 1}`, runs })),
});

/** Which builds the rollback of the run puts on its hosts. */
function wayBack(plan: Plan, id = 'b', outputs = {}) {
  const builds: (string | undefined)[] = [];
  const play = new Play(plan);
  play.finish((attempt) => {
    const made = taskOfAttempt(play.execution, attempt);
    if (attempt.includes(`/${id}/p1.0.rollback/`) && made.ok) builds.push(made.task.context.artifact?.build);
    return attempt.includes(`/${id}/p1.0/verify`) ? failed() : { ...succeeded, outputs };
  });
  return { play, builds };
}

describe('a stage that goes where an earlier one has been', () => {
  it('goes back to what that one put there, as its hosts have told it', () => {
    const { play, builds } = wayBack(pipeline([run('a', '2')], [run('b', '3')]), 'b', { artifact: { sha256: 'abc' } });
    expect(builds).toEqual(['2', '2']);
    const [, second] = play.execution.runs;
    const [phase] = second === undefined ? [] : planOfRun(play.execution, second).phases;
    expect(phase?.families).toEqual({ artifact: { buildNo: '3' }, rollbackArtifact: { buildNo: '2' } });
    expect(phase?.rollbackArtifact?.sha256).toBe('abc');
    // The first one has nothing else to go back to than before.
    expect(play.execution.plan.stages[0]?.runs[0]?.phases[0]?.rollbackArtifact?.build).toBe('1');
  });

  it('goes back to the last of them, whatever workflow it was', () => {
    const other = { workflow: { id: 'wf2', name: 'other' } };
    expect(wayBack(pipeline([run('a', '2')], [run('c', '4', other)], [run('b', '3')])).builds).toEqual(['4', '4']);
  });

  it.each([
    ['was skipped', run('a', '2', { skip: 'always' })],
    ['went elsewhere', run('a', '2', {}, { mapping: 'elsewhere' })],
    ['goes nowhere that is known', run('a', '2', {}, { mapping: null })],
    ['has no artifact', run('a', '2', {}, { artifact: null })],
    ['found no host to put it on', run('a', '2', {}, { skipped: 'every host has it' })],
  ])('goes back to what was there before where the earlier one %s', (_, first) => {
    expect(wayBack(pipeline([first], [run('b', '3')])).builds).toEqual(['1', '1']);
  });

  it('knows nothing of one beside it, nor of one that failed', () => {
    const { play } = wayBack(pipeline([run('a', '2'), run('b', '3')]));
    const found = play.events.filter((event) => event.event === 'RunStarted' && event.found !== undefined);
    expect(found).toEqual([]);
  });

  it('leaves what was planned when it was reached, and what takes something back', () => {
    const later: RunPlan = { ...run('b', '3'), phases: [], deferred: true };
    const play = new Play(pipeline([run('a', '2')], [later])).run(() => succeeded);
    play.give({ input: 'runPlanned', runId: 'x1/b', plans: [run('b', '3')] });
    expect(play.execution.plan.stages[1]?.runs[0]?.phases[0]?.rollbackArtifact?.build).toBe('1');
    const back = new Play({ ...pipeline([run('a', '2')], [run('b', '3')]), rollbackOf: 'x0' }).finish(() => succeeded);
    expect(back.execution.plan.stages[1]?.runs[0]?.phases[0]?.rollbackArtifact?.build).toBe('1');
  });

  it('is taken back to that one, which then is taken back to what was there before', () => {
    const builds: string[] = [];
    const plan = pipeline([run('a', '2')], [run('b', '3')], [run('c', '9', {}, { mapping: 'elsewhere' })]);
    const play = new Play({ ...plan, rollbackOnFailure: true });
    play.finish((attempt) => {
      const made = taskOfAttempt(play.execution, attempt);
      if (/\/[ab]u\//.test(attempt) && made.ok) builds.push(made.task.context.artifact?.build ?? '');
      return attempt.includes('/c/p1.0/verify') ? failed() : succeeded;
    });
    expect(builds).toEqual(['2', '2', '1', '1']);
  });
});
