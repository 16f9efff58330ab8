import { expect, it } from 'vitest';
import { plan, phasePlan, runPlan } from '../../../test/support/plans.ts';
import { Play } from '../../../test/support/play.ts';
import { artifact } from '../../definitions/plan-fixture.ts';
import type { FoundThere } from '../plan.ts';

const lock = { keys: ['k'], queueLimit: 9, timeoutMs: 9_000 };
const restored = (mapping: string, executionId: string) => ({ workflow: 'ship', mapping, executionId });

const found = (phaseId: string): FoundThere => ({
  phaseId,
  rollbackArtifact: artifact('web', '2'),
  family: { buildNo: '2' },
  deployedBy: 'x2',
});

/** Two runs of one workflow; the first has two phases. */
function granted(...there: readonly FoundThere[]) {
  const one = phasePlan('p1', [], { mapping: 'm1', rollbackArtifact: artifact('web', '1') });
  const two = phasePlan('p2', [], { mapping: 'm2', rollbackArtifact: null });
  const runs = [
    runPlan([one, two], { lock, restores: [restored('m1', 'x1'), restored('m2', 'x0')] }),
    runPlan([one], { id: 'other', lock }),
  ];
  const play = new Play(plan(runs, { restores: [restored('m1', 'x1'), restored('m3', 'x1')] }));
  const answer = { state: 'HELD', fences: { k: 2 }, found: there } as const;
  play.give({ input: 'lockAnswered', runId: 'x1/run', requestId: 'x1/run', answer });
  return play.execution;
}

it('changes what the phase goes back to, in this run alone', () => {
  const { plan: after, runs } = granted(found('p1'));
  const [run, other] = after.stages[0]?.runs ?? [];
  expect(runs[0]?.lock).toMatchObject({ state: 'HELD', fences: { k: 2 } });
  expect(run?.phases.map((phase) => phase.rollbackArtifact?.build ?? null)).toEqual(['2', null]);
  expect(run?.phases.map((phase) => phase.families)).toEqual([
    { service: { name: 'web' }, rollbackArtifact: { buildNo: '2' } },
    { service: { name: 'web' } },
  ]);
  expect(other?.phases.map((phase) => phase.rollbackArtifact?.build)).toEqual(['1']);
});

it('changes which execution is current there after a rollback of it; another run there goes back to what it was', () => {
  const { plan: after } = granted(found('p1'));
  expect(after.restores).toEqual([restored('m1', 'x1'), restored('m3', 'x1')]);
  expect(after.stages[0]?.runs[0]?.restores).toEqual([restored('m2', 'x0'), restored('m1', 'x2')]);
});

it('knows a phase that nothing was deployed to before', () => {
  const [run] = granted(found('p2')).plan.stages[0]?.runs ?? [];
  expect(run?.phases.map((phase) => phase.rollbackArtifact?.build ?? null)).toEqual(['1', '2']);
});

it('leaves everything as it was planned where nothing was found', () => {
  const { plan: after } = granted();
  expect(after.restores).toEqual([restored('m1', 'x1'), restored('m3', 'x1')]);
  expect(after.stages[0]?.runs[0]?.phases.map((phase) => phase.rollbackArtifact?.build ?? null)).toEqual(['1', null]);
});
