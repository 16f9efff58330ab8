import { describe, expect, it } from 'vitest';
import type { Json } from '@fairlead/proto/model/json.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import { onFailure, phasePlan, plan, runPlan, sectionPlan, selectStep, stepPlan } from '../../../test/support/plans.ts';
import { failed, Play, succeeded, toldOf } from '../../../test/support/play.ts';
import { rollbackRunOf } from '../rollback-plan.ts';
import type { PhasePlan, RunPlan, StepPlan } from '../plan.ts';
import { planOfRun } from '../plan-of.ts';
import { taskOfAttempt } from '../task.ts';

const login = { user: 'deploy', key: { secret: 'file:/keys/deploy' } };
const hostsFrom = { provisioner: 'fleet', output: 'hosts', login };

const provision = (id: string, provisioner = 'fleet', more: Partial<StepPlan> = {}): StepPlan =>
  stepPlan(id, {
    type: 'PROVISIONER',
    runs: 'agent',
    parameters: { provisioner, script: 'make it', inputs: {} },
    publish: { name: 'shellScriptProvisioner', scope: 'WORKFLOW' },
    ...more,
  });

const phase = (id: string, count: number, more: Partial<PhasePlan> = {}): PhasePlan =>
  phasePlan(id, [sectionPlan('infra', [selectStep({ count })]), sectionPlan('deploy', [stepPlan('install')])], {
    hosts: [],
    hostsFrom,
    rollback: [sectionPlan('undo', [stepPlan('undo')], { undoes: 'deploy' })],
    ...more,
  });

const run = (more: Partial<RunPlan> = {}): RunPlan =>
  runPlan([phase('p1', 1), phase('p2', 2)], {
    type: 'CANARY',
    pre: sectionPlan('pre', [provision('make')]),
    undoPre: sectionPlan('undo', [provision('make', 'fleet', { publish: null })]),
    lock: { keys: ['app/env/inf/svc'], queueLimit: 20, timeoutMs: 60_000 },
    ...more,
  });

const gives =
  (outputs: Record<string, Json>, otherwise: (id: string) => AttemptResult = () => succeeded) =>
  (id: string): AttemptResult =>
    id.includes('/pre.0/') ? { outcome: 'SUCCESS', touched: true, outputs } : otherwise(id);

const play = (hosts: Json, more: Partial<RunPlan> = {}, otherwise?: (id: string) => AttemptResult): Play =>
  new Play(plan([run(more)])).finish(gives({ hosts }, otherwise));

const TWO = ['w1', { name: 'w2', address: '10.0.0.2', port: 2222, variables: { zone: 'b', weight: 2 } }];

describe('hosts that a provisioner makes', () => {
  it('are told once, before the lock and the first phase, and are selected like any others', () => {
    const done = play(TWO);
    expect(done.execution.status).toBe('SUCCESS');
    expect(toldOf(done.events, 'HostsSelected')).toEqual([
      'HostsSelected run/p1.0 [w1]',
      'HostsSelected run/p2.0 [w2]',
    ]);
    const kinds = done.events.map(({ event }) => event);
    expect(kinds.filter((kind) => kind === 'HostsProvided')).toHaveLength(1);
    expect(kinds.indexOf('HostsProvided')).toBeLessThan(kinds.indexOf('LockRequested'));
    expect(done.events.find(({ event }) => event === 'HostsProvided')).toMatchObject({
      stepId: 'x1/run/pre.0/pre/make',
      phases: ['p1', 'p2'],
      hosts: [
        { name: 'w1', address: 'w1', port: 22, login, hostKey: null, variables: {} },
        { name: 'w2', address: '10.0.0.2', port: 2222, login, hostKey: null, variables: { zone: 'b', weight: '2' } },
      ],
    });
  });

  it('are what the task of a host is made for', () => {
    const made: unknown[] = [];
    const running = new Play(plan([run()]));
    running.finish((id) => {
      if (id.includes('@w2')) {
        const task = taskOfAttempt(running.execution, id);
        made.push(task.ok ? task.task.target : task.failures);
      }
      return gives({ hosts: TWO })(id);
    });
    expect(made).toEqual([expect.objectContaining({ address: '10.0.0.2', port: 2222, login })]);
  });

  it('leave the lock and the mapping what they are', () => {
    const done = play(TWO);
    expect(toldOf(done.events, 'LockRequested')).toEqual(['LockRequested run run [app/env/inf/svc]']);
    expect(planOfRun(done.execution, done.execution.runs[0] ?? never()).phases[0]?.mapping).toBe('app/env/inf/svc');
  });

  it('are those that a rollback goes to, and one after success', () => {
    const back = play(TWO, {}, (id) => (id.includes('p2.0/deploy') ? failed() : succeeded));
    expect(toldOf(back.events, 'PhaseStarted').filter((line) => line.includes('ROLLBACK'))).toEqual([
      'PhaseStarted run/pre.0.rollback ROLLBACK pre Rollback Provisioners 0 run/pre.0 []',
      'PhaseStarted run/p2.0.rollback ROLLBACK p2 Rollback Phase p2 0 run/p2.0 [w2]',
      'PhaseStarted run/p1.0.rollback ROLLBACK p1 Rollback Phase p1 0 run/p1.0 [w1]',
    ]);
    const done = play(TWO);
    const [ran] = done.execution.runs;
    const undoing = rollbackRunOf(planOfRun(done.execution, ran ?? never()), ran);
    const after = new Play(plan([undoing])).finish();
    expect(after.execution.status).toBe('SUCCESS');
    expect(toldOf(after.events, 'HostsProvided')).toEqual([]);
    expect(toldOf(after.events, 'StepStarted').map((line) => line.split(' ')[2])).toEqual(['[w2]', '[w1]']);
  });

  it('come from the provisioner that is named, whatever others give, and from the last step that runs it', () => {
    const pre = sectionPlan('pre', [provision('other', 'net'), provision('make'), provision('again')]);
    const done = new Play(plan([run({ pre })])).finish((id) => {
      const [, step = ''] = /pre\/(\w+)@/.exec(id) ?? [];
      const outputs = { other: { hosts: ['n1'] }, make: { hosts: ['w1'] }, again: { hosts: ['w1', 'w3'] } }[step];
      return outputs === undefined ? succeeded : { outcome: 'SUCCESS', touched: true, outputs };
    });
    expect(toldOf(done.events, 'HostsSelected')).toEqual([
      'HostsSelected run/p1.0 [w1]',
      'HostsSelected run/p2.0 [w3]',
    ]);
  });
});

describe('a provisioner that tells no hosts', () => {
  const why = (hosts: Json | undefined): unknown => {
    const done = new Play(plan([run()])).finish(gives(hosts === undefined ? { other: 1 } : { hosts }));
    expect(done.execution.status).toBe('FAILED');
    expect(toldOf(done.events, 'PhaseStarted').map((line) => line.split(' ')[1])).toEqual([
      'run/pre.0',
      'run/pre.0.rollback',
    ]);
    const { code, message } = done.execution.runs[0]?.failure ?? {};
    return `${code}: ${message}`;
  };

  it('fails, is taken back, and says what its output should be', () => {
    const form = 'a list such as ["web-1", {"name": "web-2", "address": "10.0.0.2"}]';
    const whose = "the output 'hosts' of the provisioner 'fleet'";
    expect(why(undefined)).toContain(`OUTPUT_MISSING: ${whose} is missing`);
    expect(why('w1')).toBe(`NO_HOSTS: ${whose} tells no hosts: it is no list. It is ${form}`);
    expect(why([])).toContain('tells no hosts: it is empty');
    expect(why(['w1', 'w1'])).toContain("lists the host 'w1' twice");
    expect(why(['w1', 'a b'])).toContain('[1].name: a host name has no space');
    expect(why([{ name: 'w1', port: 99_999 }])).toContain('[0].port: ');
    expect(why([7])).toContain('[0]: ');
    expect(why(['-'])).toContain("'-' is no name");
  });

  it('never has what it gives evaluated', () => {
    expect(why([{ name: 'w1', address: '${secrets.getValue("key")}' }])).toContain('NO_HOSTS');
    expect(why([{ name: 'w1', variables: { a: '${env.name}' } }])).toContain('NO_HOSTS');
  });

  it('fails the phases where its failure is passed over, or it was skipped', () => {
    const pre = sectionPlan('pre', [provision('make', 'fleet', { skip: '${env.name} == "prod"' })]);
    const skipped = new Play(plan([run({ pre })])).finish();
    expect(skipped.execution.runs[0]?.failure).toMatchObject({
      code: 'NO_HOSTS',
      message:
        "the infrastructure 'dc1' gets its hosts from the provisioner 'fleet', and it gave none: its step was skipped, or its failure passed over",
    });
    const ignored = sectionPlan('pre', [provision('make')], { failureStrategies: [onFailure('IGNORE')] });
    const all = [sectionPlan('deploy', [stepPlan('install')])];
    const passed = new Play(plan([run({ pre: ignored, phases: [phase('p1', 1, { sections: all })] })]));
    expect(passed.finish(gives({})).execution.runs[0]?.failure?.message).toContain('it gave none');
  });
});

function never(): never {
  throw new Error('there is no run');
}
