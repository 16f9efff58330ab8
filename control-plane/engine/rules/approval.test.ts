import { describe, expect, it } from 'vitest';
import {
  agentStep,
  onePhase,
  onFailure,
  plan,
  runPlan,
  sectionPlan,
  simplePlan,
  stepPlan,
} from '../../../test/support/plans.ts';
import { failed, Play, succeeded, told, toldOf } from '../../../test/support/play.ts';
import type { Input } from '../inputs.ts';
import { nextDeadline } from '../next-deadline.ts';
import type { Plan, RunPlan, StepPlan } from '../plan.ts';

const approvalStep = (more: Partial<StepPlan> = {}): StepPlan =>
  stepPlan('ok', {
    type: 'APPROVAL',
    runs: 'decided',
    deploys: false,
    parameters: { groups: ['ops'], inputs: { version: '1', note: '' }, autoReject: false },
    publish: { name: 'signoff', scope: 'WORKFLOW' },
    ...more,
  });

const approvalRun = (id: string, more: Partial<StepPlan> = {}): RunPlan =>
  runPlan([], {
    id,
    type: 'APPROVAL',
    environment: null,
    families: {},
    pre: sectionPlan('pre', [approvalStep({ publish: { name: 'signoff', scope: 'PIPELINE' }, ...more })]),
    failureStrategies: [],
  });

const stages = (more: Partial<StepPlan> = {}): Plan =>
  plan([], {
    kind: 'PIPELINE',
    stages: [
      { id: 's1', name: 'ask', runs: [approvalRun('a', more)] },
      {
        id: 's2',
        name: 'then',
        runs: [{ ...onePhase([sectionPlan('work', [agentStep('do')])]).stages[0]?.runs[0], id: 'b' } as RunPlan],
      },
    ],
  });

const STAGE = 'x1/a/pre.0/pre/ok';
const STEP = 'x1/run/p1.0/gate/ok';
const answer = (stepId: string, more: Partial<Extract<Input, { input: 'approve' }>> = {}): Input => ({
  input: 'approve',
  stepId,
  answer: 'APPROVE',
  actor: 'ann',
  comment: '',
  variables: {},
  ...more,
});

/** Deployed, then it waits in the middle of the phase. */
const inWorkflow = (more: Parameters<typeof simplePlan>[0] = {}): Play => {
  const base = simplePlan(more);
  const run = base.stages[0]?.runs[0];
  const phase = run?.phases[0];
  if (run === undefined || phase === undefined) throw new Error('no phase');
  const sections = [
    ...phase.sections,
    sectionPlan('gate', [approvalStep()]),
    sectionPlan('after', [agentStep('tell')]),
  ];
  return new Play({
    ...base,
    stages: [{ id: 's1', name: 'ship', runs: [{ ...run, phases: [{ ...phase, sections }] }] }],
  }).run();
};

describe('an approval stage', () => {
  it('waits, and goes on when it is approved, with the values that were changed', () => {
    const play = new Play(stages()).run();
    expect(play.execution.runs.map((run) => run.status)).toEqual(['RUNNING', 'QUEUED']);
    expect(toldOf(play.events, 'StepStarted')).toEqual(['StepStarted a/pre.0/pre/ok []']);
    expect(nextDeadline(play.execution)).toBe(61_000);
    expect(told(play.give(answer(STAGE, { comment: 'fine', variables: { version: '2' } }))).slice(0, 8)).toEqual([
      'ApprovalAnswered a/pre.0/pre/ok APPROVE ann fine {"version":"2","note":""}',
      'OutputsPublished signoff PIPELINE x1 {"version":"2","note":"","variables":{"version":"2","note":""},"approvedBy":{"name":"ann","email":""},"approvedOn":1000,"comments":"fine","timeoutMillis":60000,"approvalStateType":"USER_GROUP","approvalStatus":"SUCCESS","userGroups":[{"name":"ops"}]} a/pre.0/pre/ok',
      'StepEnded a/pre.0/pre/ok SUCCESS null null',
      'SectionEnded a/pre.0/pre SUCCESS',
      'PhaseEnded a/pre.0 SUCCESS',
      'RunEnded a SUCCESS null',
      'RunStarted b',
      'PhaseStarted b/p1.0 FORWARD p1 Phase p1 0 null null',
    ]);
    expect(play.finish().execution.status).toBe('SUCCESS');
  });

  it('ends the pipeline REJECTED, and what comes after it never starts', () => {
    const play = new Play(stages()).run();
    play.give(answer(STAGE, { answer: 'REJECT', comment: 'no' }));
    expect(play.execution.runs.map((run) => run.status)).toEqual(['REJECTED', 'SKIPPED']);
    expect(play.execution.runs[0]).toMatchObject({ rollback: null, failure: { message: 'rejected by ann: no' } });
    expect(play.finish().execution.status).toBe('REJECTED');
  });

  it('expires', () => {
    const play = new Play(stages()).run().wait();
    expect(play.execution.runs.map((run) => run.status)).toEqual(['EXPIRED', 'SKIPPED']);
    expect(play.execution.runs[0]?.failure?.message).toBe('nobody approved or rejected in time');
    expect(play.finish().execution.status).toBe('EXPIRED');
    expect(toldOf(play.give(answer(STAGE)), 'InputRejected')).toEqual([
      'InputRejected approve ILLEGAL_STATE: its time is over: nobody answered until then',
    ]);
  });

  it('is aborted at once', () => {
    const play = new Play(stages()).run();
    play.give({ input: 'abort', actor: 'me', reason: 'enough' });
    expect(play.execution.status).toBe('ABORTED');
    expect(play.finish().execution.settled).toBe(true);
  });

  it.each([
    [{ answer: 'REJECT_AND_ROLLBACK' as const }, 'an approval stage has nothing of its own to roll back: reject it'],
    [{ variables: { other: 'x' } }, 'the approval has no variable other; it has version, note'],
    [{ stepId: 'x1/b/p1.0/work/do' }, 'there is no step x1/b/p1.0/work/do in it, or it was not reached yet'],
  ])('refuses %j', (more, why) => {
    const play = new Play(stages()).run();
    expect(told(play.give(answer(STAGE, more)))).toEqual([`InputRejected approve ILLEGAL_STATE: ${why}`]);
  });

  it('is answered once', () => {
    const play = new Play(stages()).run();
    play.give(answer(STAGE));
    expect(told(play.give(answer(STAGE, { actor: 'bob', answer: 'REJECT' })))).toEqual([
      'InputRejected approve ILLEGAL_STATE: it was answered already: approved by ann',
    ]);
  });

  it('has others rejected before it settles, where that is asked for', () => {
    const play = new Play(stages({ parameters: { groups: ['ops'], inputs: {}, autoReject: true } }));
    play.give(answer(STAGE));
    expect(play.commands.map((command) => command.command)).toContain('rejectOthers');
    for (let round = 0; round < 9; round += 1) {
      for (const command of play.commands)
        if (command.command !== 'rejectOthers') play.carryOut(command, () => succeeded);
    }
    expect([play.execution.endedAt !== null, play.execution.settled]).toEqual([true, false]);
    expect(play.finish().execution.settled).toBe(true);
  });

  it.each<[string, () => Play, string]>([
    [
      'while it is aborted elsewhere',
      () => {
        const play = new Play(onePhase([sectionPlan('gate', [agentStep('do'), approvalStep()], { parallel: true })]));
        play.run(() => null).give({ input: 'abort', actor: 'me', reason: 'enough' });
        return play;
      },
      'it is being aborted',
    ],
    [
      'after the end',
      () => {
        const play = inWorkflow();
        play.give({ input: 'abort', actor: 'me', reason: 'enough' });
        return play;
      },
      'it has ended already',
    ],
    [
      'of a step that is no approval',
      () => new Play(onePhase([sectionPlan('gate', [agentStep('ok', { name: 'Check' })])])).run(() => null),
      "the step 'Check' does not wait for an approval",
    ],
  ])('is refused an answer %s', (_, come, why) => {
    expect(told(come().give(answer(STEP)))).toEqual([`InputRejected approve ILLEGAL_STATE: ${why}`]);
  });

  it('without variables says so', () => {
    const play = new Play(stages({ parameters: { groups: [], inputs: {}, autoReject: false } })).run();
    expect(told(play.give(answer(STAGE, { variables: { a: '1', b: '2' } })))).toEqual([
      'InputRejected approve ILLEGAL_STATE: the approval has no variable a, b; it has none',
    ]);
  });

  it('tells the rejection without a comment, and an address where the name is one', () => {
    const play = new Play(stages()).run();
    play.give(answer(STAGE, { answer: 'REJECT', actor: 'ann@shop.example' }));
    expect(play.execution.runs[0]?.failure?.message).toBe('rejected by ann@shop.example');
    expect(play.execution.outputs[0]?.values).toMatchObject({
      approvedBy: { name: 'ann@shop.example', email: 'ann@shop.example' },
      approvalStatus: 'REJECTED',
    });
    expect(told(play.give(answer(STAGE)))).toEqual([
      'InputRejected approve ILLEGAL_STATE: it was answered already: rejected by ann@shop.example',
    ]);
  });

  it('has others rejected once', () => {
    const play = new Play(stages({ parameters: { groups: ['ops'], inputs: {}, autoReject: true } }));
    play.give(answer(STAGE));
    expect(told(play.give({ input: 'othersRejected', stepId: STAGE }))).toEqual(['OthersRejected a/pre.0/pre/ok']);
    expect(play.give({ input: 'othersRejected', stepId: STAGE })).toEqual([]);
    expect(play.give({ input: 'othersRejected', stepId: 'x1/b/p1.0/work/do' })).toEqual([]);
  });

  it('has no others rejected when it is rejected itself, nor where that was not asked for', () => {
    const wants = (more: Partial<StepPlan>, its: Parameters<typeof answer>[1]) => {
      const play = new Play(stages(more));
      play.give(answer(STAGE, its));
      return play.commands.some(({ command }) => command === 'rejectOthers');
    };
    const auto = { parameters: { groups: ['ops'], inputs: {}, autoReject: true } };
    expect([wants(auto, {}), wants(auto, { answer: 'REJECT' }), wants({}, {})]).toEqual([true, false, false]);
  });

  it.each([
    ['groups', { groups: ['${secrets.getValue("s")}'], inputs: {}, autoReject: false }],
    ['variables', { groups: [], inputs: { key: '${secrets.getValue("s")}' }, autoReject: false }],
  ])('cannot be asked for with a secret in its %s', (_, parameters) => {
    const play = new Play(stages({ name: 'Go?', parameters })).run();
    expect(play.execution.runs[0]?.failure).toMatchObject({
      code: 'INVALID_INPUT',
      message: "the approval 'Go?' cannot be asked for: groups and variables are plain text",
    });
  });

  it('cannot be asked for with what is not known', () => {
    const play = new Play(stages({ parameters: { groups: ['${context.a.b}'], inputs: {}, autoReject: false } })).run();
    expect(play.execution.status).toBe('FAILED');
    expect(play.execution.runs[0]?.failure?.code).toBe('EXPRESSION');
  });
});

describe('an approval in a workflow', () => {
  it('goes on when it is approved', () => {
    const play = inWorkflow();
    play.give(answer(STEP));
    expect(play.finish().execution.status).toBe('SUCCESS');
    expect(play.execution.outputs[0]).toMatchObject({ name: 'signoff', owner: 'x1/run' });
    expect(play.execution.outputs[0]?.values).not.toHaveProperty('version');
  });

  it('follows the failure strategy when it is rejected', () => {
    const play = inWorkflow();
    play.give(answer(STEP, { answer: 'REJECT' }));
    play.finish();
    expect(play.execution.runs[0]).toMatchObject({ status: 'REJECTED', rollback: { result: 'SUCCESS' } });
    const ignoring = inWorkflow({ run: { failureStrategies: [onFailure('IGNORE')] } });
    ignoring.give(answer(STEP, { answer: 'REJECT' }));
    expect(ignoring.finish().execution.status).toBe('SUCCESS');
  });

  it('rolls back whatever the strategy says, when that is the answer', () => {
    const play = inWorkflow({ run: { failureStrategies: [onFailure('IGNORE')] } });
    play.give(answer(STEP, { answer: 'REJECT_AND_ROLLBACK' }));
    play.finish();
    expect(play.execution.runs[0]).toMatchObject({
      status: 'REJECTED',
      rollback: { actor: 'ann', scope: 'WORKFLOW', result: 'SUCCESS' },
    });
  });

  it('rolls back at once: what runs beside it is stopped, and what no agent has yet never begins', () => {
    const steps = [approvalStep(), agentStep('soak'), agentStep('later')];
    const play = new Play(onePhase([sectionPlan('gate', steps, { parallel: true })]));
    for (const command of play.commands) if (command.id.includes('/soak@')) play.carryOut(command, () => null);
    for (const command of play.commands) if (command.id.includes('/soak@')) play.carryOut(command, () => null);
    play.give(answer(STEP, { answer: 'REJECT_AND_ROLLBACK' }));
    expect(toldOf(play.events, 'CancelRequested')).toEqual(['CancelRequested run/p1.0/gate/soak@-#1 rejected by ann']);
    play.run(() => null);
    expect(play.execution.status).toBe('REJECTED');
    expect(toldOf(play.events, 'AttemptStarted').filter((line) => line.includes('later'))).toEqual([]);
  });

  it('is refused an answer while what it stood in goes back', () => {
    const both = onePhase([sectionPlan('gate', [stepPlan('do'), approvalStep({ withPrevious: true })])]);
    const play = new Play(both).run(() => null);
    play.give({ input: 'rollback', actor: 'me', reason: 'back' });
    expect(play.execution.runs[0]?.status).toBe('ROLLING_BACK');
    expect(told(play.give(answer(STEP)))).toEqual(['InputRejected approve ILLEGAL_STATE: it is rolling back']);
  });

  it('goes on with the way back whatever is answered there', () => {
    const gate = sectionPlan('undo', [approvalStep(), stepPlan('undo')]);
    const back = () =>
      new Play(onePhase([sectionPlan('deploy', [stepPlan('install')])], { phase: { rollback: [gate] } })).run((id) =>
        id.includes('/install@') ? failed() : succeeded,
      );
    const asked = 'x1/run/p1.0.rollback/undo/ok';
    const approved = back();
    approved.give(answer(asked));
    expect(approved.finish().execution.runs[0]?.rollback?.result).toBe('SUCCESS');
    const rejected = back();
    rejected.give(answer(asked, { answer: 'REJECT_AND_ROLLBACK' }));
    expect(rejected.finish().execution.runs[0]).toMatchObject({ status: 'FAILED', rollback: { result: 'FAILED' } });
  });

  it('is asked of nobody again: manual intervention does not apply to it', () => {
    const play = inWorkflow({ run: { failureStrategies: [onFailure('MANUAL_INTERVENTION')] } });
    play.give(answer(STEP, { answer: 'REJECT' }));
    expect(play.finish().execution.status).toBe('REJECTED');
  });

  it('expires, which is a failure of the type timeout', () => {
    const strategies = [onFailure('IGNORE', { types: ['TIMEOUT'] })];
    expect(
      inWorkflow({ run: { failureStrategies: strategies } })
        .wait()
        .finish().execution.status,
    ).toBe('SUCCESS');
    expect(inWorkflow().wait().finish().execution.status).toBe('EXPIRED');
  });

  it('ends a build as it ends, for nothing of that is rolled back', () => {
    const build = onePhase([sectionPlan('gate', [approvalStep({ timeoutMs: 1_000 })])], { run: { type: 'BUILD' } });
    const rejected = new Play(build);
    rejected.give(answer(STEP, { answer: 'REJECT' }));
    expect(rejected.execution.status).toBe('REJECTED');
    expect(new Play(build).finish().execution.status).toBe('EXPIRED');
  });

  it('waits beside steps that work, and is judged with them', () => {
    const steps = [agentStep('do'), approvalStep()];
    const play = new Play(onePhase([sectionPlan('gate', steps, { parallel: true })])).run(() => null);
    play.give(answer(STEP));
    expect(play.execution.runs[0]?.status).toBe('RUNNING');
    expect(play.report(() => failed()).finish().execution.status).toBe('FAILED');
  });
});

describe('an answer that cannot be published', () => {
  /** Under a name that comes to a reserved one. */
  const asked = (more: Partial<StepPlan> = {}): Play => {
    const run = {
      ...approvalRun('a', { publish: { name: '${app.name}', scope: 'PIPELINE' }, ...more }),
      families: { app: { name: 'terraform' } },
    };
    return new Play(plan([], { kind: 'PIPELINE', stages: [{ id: 's1', name: 'ask', runs: [run] }] }));
  };

  it('fails what was approved, with the reason', () => {
    const play = asked();
    play.give(answer(STAGE));
    expect(toldOf(play.events, 'OutputsPublished')).toEqual([]);
    expect(play.execution.runs[0]).toMatchObject({ status: 'FAILED' });
    expect(play.execution.runs[0]?.failure?.message).toContain("the name 'terraform' is reserved");
    expect(play.execution.status).toBe('FAILED');
  });

  it('rejects no others by it', () => {
    const play = asked({ parameters: { groups: ['ops'], inputs: {}, autoReject: true } });
    play.give(answer(STAGE));
    expect(play.commands.map(({ command }) => command)).not.toContain('rejectOthers');
    expect(play.finish().execution.settled).toBe(true);
  });

  it('leaves a rejection what it is', () => {
    const play = asked();
    play.give(answer(STAGE, { answer: 'REJECT', comment: 'no' }));
    expect(play.execution.status).toBe('REJECTED');
    expect(play.execution.runs[0]?.failure?.message).toMatch(/^rejected by ann: no; its outputs cannot be published/);
  });

  it('fails where another stage beside it has published under that name', () => {
    const both = plan([], {
      kind: 'PIPELINE',
      stages: [{ id: 's1', name: 'ask', runs: [approvalRun('a'), approvalRun('b')] }],
    });
    const play = new Play(both);
    play.give(answer(STAGE));
    play.give(answer(STAGE.replace('/a/', '/b/')));
    expect(play.execution.runs.map((run) => run.status)).toEqual(['SUCCESS', 'FAILED']);
    expect(play.execution.runs[1]?.failure?.message).toContain("publishes 'signoff' at the same time");
  });
});
