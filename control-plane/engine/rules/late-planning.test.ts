import { describe, expect, it } from 'vitest';
import { failure } from '@fairlead/proto/model/failure.ts';
import { agentStep, phasePlan, plan, runPlan, sectionPlan } from '../../../test/support/plans.ts';
import { Play, told, toldOf } from '../../../test/support/play.ts';
import type { Input } from '../inputs.ts';
import { LIMITS } from '../limits.ts';
import { nextDeadline } from '../next-deadline.ts';
import type { InputsPlan } from '../inputs-plan.ts';
import type { Plan, RunPlan } from '../plan.ts';

const run = (id: string, more: Partial<RunPlan> = {}): RunPlan =>
  runPlan([phasePlan('p1', [sectionPlan('work', [agentStep('do')])])], { id, ...more });

const asks = (more: Partial<InputsPlan> = {}): InputsPlan => ({
  variables: [
    { name: 'to', type: 'environment', required: true, default: null, values: [], description: '' },
    { name: 'note', type: 'text', required: false, default: 'none', values: [], description: '' },
  ],
  timeoutMs: 5_000,
  onTimeout: 'END',
  groups: [],
  ...more,
});

const later = (more: Partial<RunPlan> = {}): RunPlan =>
  runPlan([], { id: 'b', deferred: true, inputs: asks(), ...more });

const two = (second: RunPlan, more: Partial<Plan> = {}): Plan =>
  plan([], {
    kind: 'PIPELINE',
    stages: [
      { id: 's1', name: 'first', runs: [run('a')] },
      { id: 's2', name: 'second', runs: [second] },
    ],
    ...more,
  });

const give = (values: Readonly<Record<string, string>>): Input => ({
  input: 'giveInputs',
  runId: 'x1/b',
  values,
  actor: 'ann',
});
const planned = (...plans: readonly RunPlan[]): Input => ({ input: 'runPlanned', runId: 'x1/b', plans });
const wants = (play: Play): readonly string[] => play.commands.map((command) => command.command);

describe('a stage that asks for inputs', () => {
  const reached = () => new Play(two(later())).run();

  it('is planned with what it was given, and runs', () => {
    const play = reached();
    expect(wants(play)).toEqual([]);
    expect(nextDeadline(play.execution)).toBe(6_000);
    expect(told(play.give(give({ to: 'prod' })))).toEqual(['InputsGiven b {"note":"none","to":"prod"} ann']);
    expect(wants(play)).toEqual(['planRun']);
    expect(told(play.give(planned(run('b')))).slice(0, 2)).toEqual(['RunPlanned b [[object Object]]', 'RunStarted b']);
    expect(play.execution.runs[1]?.inputs).toMatchObject({ of: 'b', given: { values: { to: 'prod' }, actor: 'ann' } });
    expect(play.finish().execution.status).toBe('SUCCESS');
  });

  it('becomes several copies; one that fails concerns only itself, and the stage', () => {
    const play = reached();
    play.give(give({ to: 'prod' }));
    play.give(planned(run('bx1'), run('bx2')));
    play.finish((id) =>
      id.includes('/bx1/')
        ? { outcome: 'FAILED', failure: failure('COMMAND_FAILED', 'x'), touched: false }
        : { outcome: 'SUCCESS', touched: true },
    );
    expect(play.execution.runs.map((each) => [each.id, each.status])).toEqual([
      ['x1/a', 'SUCCESS'],
      ['x1/bx1', 'FAILED'],
      ['x1/bx2', 'SUCCESS'],
    ]);
    expect(play.execution.status).toBe('FAILED');
  });

  it.each([
    [give({}), "INVALID_INPUT: the input 'to' needs a value"],
    [give({ to: 'x', other: 'y' }), "INVALID_INPUT: there is no input 'other': it asks for to, note"],
    [
      give({ other: 'y' }),
      "INVALID_INPUT: there is no input 'other': it asks for to, note; the input 'to' needs a value",
    ],
    [{ ...give({ to: 'x' }), runId: 'x1/c' } as Input, 'ILLEGAL_STATE: there is no run x1/c in it'],
    [{ ...give({ to: 'x' }), runId: 'x1/a' } as Input, 'ILLEGAL_STATE: it has ended already'],
  ])('refuses %j', (input, why) => {
    expect(told(reached().give(input))).toEqual([`InputRejected giveInputs ${why}`]);
  });

  it('is answered once, and not before it was reached', () => {
    const play = reached();
    play.give(give({ to: 'prod' }));
    expect(told(play.give(give({ to: 'qa' })))).toEqual([
      'InputRejected giveInputs ILLEGAL_STATE: it was answered already, by ann',
    ]);
    const early = new Play(two(later()));
    expect(told(early.give(give({ to: 'qa' })))).toEqual([
      'InputRejected giveInputs ILLEGAL_STATE: it does not ask for inputs, or was not reached yet',
    ]);
  });

  it('is refused inputs for a run that is being aborted', () => {
    const play = new Play(two(later())).run(() => null);
    play.give({ input: 'abort', actor: 'me', reason: 'enough' });
    expect(told(play.give({ ...give({ to: 'x' }), runId: 'x1/a' } as Input))).toEqual([
      'InputRejected giveInputs ILLEGAL_STATE: it is being aborted',
    ]);
  });

  it('expires when nobody answers', () => {
    const play = reached().wait();
    expect([nextDeadline(play.execution), wants(play)]).toEqual([null, ['writeSummary']]);
    expect(toldOf(play.events, 'RunEnded').at(-1)).toBe('RunEnded b EXPIRED EXPIRED: nobody gave its inputs in time');
    expect(play.finish().execution.status).toBe('EXPIRED');
  });

  it('goes on with defaults where that is said and there are some', () => {
    const [to, note] = asks().variables;
    if (to === undefined || note === undefined) throw new Error('no variables');
    const withDefaults = asks({ onTimeout: 'DEFAULTS', variables: [{ ...to, default: 'qa' }, note] });
    const play = new Play(two(later({ inputs: withDefaults }))).run().wait();
    expect(toldOf(play.events, 'InputsGiven')).toEqual(['InputsGiven b {"to":"qa","note":"none"} null']);
    expect(told(play.give(give({ to: 'prod' })))).toEqual([
      'InputRejected giveInputs ILLEGAL_STATE: it was answered already, by its defaults',
    ]);
    const ends = new Play(two(later({ inputs: { ...withDefaults, onTimeout: 'END' } }))).run().wait();
    expect(ends.finish().execution.status).toBe('EXPIRED');
    const without = new Play(two(later({ inputs: asks({ onTimeout: 'DEFAULTS' }) }))).run().wait();
    expect(without.finish().execution.status).toBe('EXPIRED');
  });

  it('takes what was answered before', () => {
    const given = { variables: {}, builds: {}, artifacts: {}, answers: { b: { to: 'prod' } } };
    const play = new Play(two(later(), { given })).run();
    expect(wants(play)).toEqual(['planRun']);
    const asked = new Play(two(later(), { given: { variables: {}, builds: {}, artifacts: {} } })).run();
    expect(wants(asked)).toEqual([]);
  });

  it('is aborted while it waits', () => {
    const play = reached();
    play.give({ input: 'abort', actor: 'me', reason: 'enough' });
    expect(play.finish().execution.status).toBe('ABORTED');
  });

  it('is not reached when it is skipped', () => {
    expect(new Play(two(later({ skip: 'always' }))).finish().execution.status).toBe('SUCCESS');
  });
});

describe('a stage that is planned late', () => {
  const reached = () => new Play(two(later({ inputs: null }))).run();

  it('is planned when it is reached', () => {
    const play = reached();
    expect(wants(play)).toEqual(['planRun']);
    play.give(planned(run('b')));
    expect(play.finish().execution.status).toBe('SUCCESS');
  });

  it('fails when it cannot be', () => {
    const play = reached();
    play.give({
      input: 'runUnplannable',
      runId: 'x1/b',
      failures: [failure('NO_ARTIFACT', 'no build'), failure('INVALID_INPUT', 'no host')],
    });
    expect(play.execution.runs[1]?.failure?.message).toBe('no build; no host');
    expect(play.finish().execution.status).toBe('FAILED');
  });

  it('fails when nobody plans it in time', () => {
    const play = reached();
    expect(nextDeadline(play.execution)).toBe(1_000 + LIMITS.planningMs);
    expect(play.wait().execution.runs[1]?.failure).toEqual(
      failure('UNAVAILABLE', 'it could not be planned in time: builds or agents were not there'),
    );
    expect(play.finish().execution.status).toBe('FAILED');
  });

  it('is left as it is by plans and failures for another run, and by none', () => {
    const play = reached();
    const failures = [failure('NO_ARTIFACT', 'no build')];
    expect(play.give({ input: 'runPlanned', runId: 'x1/c', plans: [run('b')] })).toEqual([]);
    expect(play.give(planned())).toEqual([]);
    expect(play.give({ input: 'runUnplannable', runId: 'x1/c', failures })).toEqual([]);
    expect(play.give({ input: 'runUnplannable', runId: 'x1/b', failures: [] })).toEqual([]);
    play.give(planned(run('b')));
    expect(play.give({ input: 'runUnplannable', runId: 'x1/b', failures })).toEqual([]);
  });

  it('is planned once', () => {
    const play = reached();
    play.give(planned(run('b')));
    expect(play.give(planned(run('b')))).toEqual([]);
  });

  it('waits while it is paused', () => {
    const play = new Play(two(later({ inputs: null })));
    play.give({ input: 'pause', actor: 'me', reason: '' });
    expect(wants(play.run())).toEqual([]);
    play.give({ input: 'resume', actor: 'me' });
    expect(wants(play.run())).toEqual(['planRun']);
  });
});
