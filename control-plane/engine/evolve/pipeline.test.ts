import { describe, expect, it } from 'vitest';
import { plan, phasePlan, runPlan, sectionPlan, stepPlan } from '../../../test/support/plans.ts';
import { Play } from '../../../test/support/play.ts';
import type { EventBody } from '../events.ts';
import { evolve } from '../evolve.ts';
import type { Execution } from '../execution.ts';
import type { Plan, RunPlan } from '../plan.ts';
import { findStep } from '../tree.ts';

const run = (id: string, more: Partial<RunPlan> = {}): RunPlan =>
  runPlan([phasePlan('p1', [sectionPlan('deploy', [stepPlan('install')])])], { id, ...more });
const stages = (...of: readonly (readonly RunPlan[])[]): Plan['stages'] =>
  of.map((runs, index) => ({ id: `s${index + 1}`, name: `stage ${index + 1}`, runs }));
const pipeline = (more: Partial<Plan> = {}): Execution =>
  new Play(plan([], { kind: 'PIPELINE', stages: stages([run('a'), run('b'), run('c')], [run('d')]), ...more }))
    .execution;
const apply = (execution: Execution, ...bodies: readonly EventBody[]): Execution =>
  bodies.reduce<Execution>((state, body, index) => evolve(state, { ...body, at: 2_000 + index }), execution);
const runIds = ({ runs }: Execution) => runs.map((each) => each.id);
const plannedIds = ({ plan: { stages: all } }: Execution) => all.map((stage) => stage.runs.map((each) => each.id));

describe('a run that is planned late', () => {
  const reached: EventBody = { event: 'RunReached', runId: 'x1/b', until: 9_000 };

  it('is reached, and given its inputs', () => {
    const after = apply(pipeline(), reached);
    expect(after.runs[1]?.inputs).toEqual({ of: 'b', since: 2_000, until: 9_000, given: null });
    const given: EventBody = { event: 'InputsGiven', runId: 'x1/b', values: { to: 'qa' }, actor: 'ann' };
    expect(apply(after, given).runs[1]?.inputs).toEqual({
      of: 'b',
      since: 2_000,
      until: 9_000,
      given: { values: { to: 'qa' }, actor: 'ann', at: 2_000 },
    });
    expect(apply(pipeline(), given).runs[1]?.inputs).toBeNull();
  });

  it('makes room, where it stood, for those that are planned for it', () => {
    const before = apply(pipeline(), reached);
    const plans = [run('b1', { skip: 'always', deferred: true }), run('b2')];
    const after = apply(before, { event: 'RunPlanned', runId: 'x1/b', plans });
    expect(runIds(after)).toEqual(['x1/a', 'x1/b1', 'x1/b2', 'x1/c', 'x1/d']);
    expect(plannedIds(after)).toEqual([['a', 'b1', 'b2', 'c'], ['d']]);
    expect(after.plan.stages[0]?.runs[1]).toMatchObject({ skip: null, inputs: null, deferred: false });
    expect(after.runs[1]).toMatchObject({ planId: 'b1', stageId: 's1', status: 'QUEUED', inputs: { of: 'b' } });
    expect(after.plan.stages[1]).toBe(before.plan.stages[1]);
    expect([after.runs[0], after.runs[4]]).toEqual([before.runs[0], before.runs[3]]);
  });

  it('leaves all as it is when it is not there', () => {
    const before = pipeline();
    const after = apply(before, { event: 'RunPlanned', runId: 'x1/x', plans: [run('b1')] });
    expect([after.runs, after.plan]).toEqual([before.runs, before.plan]);
  });
});

it('a stage is appended with its runs', () => {
  const stage = { id: 's1u', name: 'Rollback-one', runs: [run('au')], takesBack: 's1' };
  const after = apply(pipeline(), { event: 'StageAppended', stage });
  expect(runIds(after)).toEqual(['x1/a', 'x1/b', 'x1/c', 'x1/d', 'x1/au']);
  expect(after.plan.stages.map((each) => each.id)).toEqual(['s1', 's2', 's1u']);
  expect(after.runs[4]).toMatchObject({ stageId: 's1u', status: 'QUEUED', startedAt: null, endedAt: null });
});

it('a rollback of all of it is asked for', () => {
  expect(apply(pipeline(), { event: 'RollbackAsked', actor: 'ann', reason: 'back' }).rollbackAsked).toEqual({
    actor: 'ann',
    reason: 'back',
    at: 2_000,
  });
});

describe('an answer to an approval', () => {
  const stepId = 'x1/a/p1.0/deploy/install';
  const answered: EventBody = {
    event: 'ApprovalAnswered',
    stepId,
    answer: 'APPROVE',
    actor: 'ann',
    comment: 'fine',
    variables: { v: '1' },
  };

  it('stands in the step, which waits no longer', () => {
    const waiting = { on: 'APPROVAL', since: 1, until: 2, groups: [], variables: {} } as const;
    const before = apply(pipeline(), { event: 'StepWaiting', stepId, waiting });
    expect(findStep(before, stepId)).toMatchObject({ status: 'WAITING', waiting });
    expect(findStep(apply(before, answered), stepId)).toMatchObject({
      status: 'RUNNING',
      waiting: null,
      approval: {
        answer: 'APPROVE',
        actor: 'ann',
        comment: 'fine',
        variables: { v: '1' },
        at: 2_000,
        othersRejected: false,
      },
    });
  });

  it('may have others rejected, if there is one', () => {
    const others: EventBody = { event: 'OthersRejected', stepId };
    expect(findStep(apply(pipeline(), answered, others), stepId)?.approval).toMatchObject({
      answer: 'APPROVE',
      othersRejected: true,
    });
    expect(findStep(apply(pipeline(), others), stepId)?.approval).toBeNull();
  });
});

it('what became of a barrier stands, for each stage and name', () => {
  const why = { code: 'COMMAND_FAILED', message: 'x' } as const;
  const after = apply(
    pipeline(),
    { event: 'BarrierPassed', stageId: 's1', identifier: 'one', stepIds: [] },
    { event: 'BarrierFailed', stageId: 's2', identifier: 'two', peer: 'x1/d', failure: why },
  );
  expect(after.barriers).toEqual([
    { stageId: 's1', identifier: 'one', at: 2_000, state: 'PASSED', peer: null },
    { stageId: 's2', identifier: 'two', at: 2_001, state: 'FAILED', peer: 'x1/d' },
  ]);
});

it('what stages that are taken over have collected counts as collected here', () => {
  const artifact = { service: 'web', build: '7', fileName: 'web-7.tgz', location: '/b', sha256: null, metadata: {} };
  const before = pipeline({
    resumes: {
      chain: 'x0',
      from: 'x0',
      stage: 'two',
      outputs: [],
      collected: [{ run: 'a', stepId: 'x0/a/p1.0/s/find', artifact }],
    },
  });
  expect(before.collected).toEqual([{ runId: 'x1/a', stepId: 'x0/a/p1.0/s/find', artifact }]);
  const after = apply(before, { event: 'ArtifactCollected', stepId: 'x1/d/p1.0/deploy/install', artifact });
  expect(after.collected.map(({ runId }) => runId)).toEqual(['x1/a', 'x1/d']);
});
