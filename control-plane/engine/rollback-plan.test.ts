import { describe, expect, it } from 'vitest';
import {
  agentStep,
  hostNamed,
  hostNames,
  onePhase,
  phasePlan,
  plan,
  runPlan,
  sectionPlan,
  selectStep,
  stepPlan,
} from '../../test/support/plans.ts';
import { failed, Play, succeeded, toldOf } from '../../test/support/play.ts';
import { taskOfAttempt } from './task.ts';
import { rollbackRunOf, rollbackStagesOf } from './rollback-plan.ts';

const undo = sectionPlan('undo', [stepPlan('undo')], { undoes: 'deploy' });

/** Two phases over three hosts: the first in batches of one on two of them, the second on the third. */
const twoPhases = runPlan([
  phasePlan('p1', [sectionPlan('infra', [selectStep({ count: 1 })]), sectionPlan('deploy', [stepPlan('install')])], {
    hosts: hostNames(2).map(hostNamed),
    rolling: true,
    rollback: [undo],
  }),
  phasePlan('p2', [sectionPlan('deploy', [stepPlan('install')])], {
    hosts: [hostNamed('h3')],
    rollback: [undo],
  }),
]);

describe('the plan of a deployment turned round', () => {
  it('undoes the newest phase first, each in one pass over all hosts it worked on', () => {
    const { execution } = new Play(plan([twoPhases])).finish();
    const turned = rollbackRunOf(twoPhases, execution.runs[0]);
    expect(
      turned.phases.map(({ id, name, hosts, rolling }) => [id, name, hosts.map((host) => host.name), rolling]),
    ).toEqual([
      ['p2', 'Rollback Phase p2', ['h3'], false],
      ['p1', 'Rollback Phase p1', ['h1', 'h2'], false],
    ]);
    expect(turned.phases.flatMap((phase) => phase.sections)).toEqual([
      { ...undo, undoes: null },
      { ...undo, undoes: null },
    ]);
    expect([turned.pre, turned.post, turned.id]).toEqual([null, null, 'run']);
  });

  it('can be executed', () => {
    const { execution } = new Play(plan([twoPhases])).finish();
    const back = new Play(plan([rollbackRunOf(twoPhases, execution.runs[0])])).finish();
    expect(back.execution.status).toBe('SUCCESS');
  });

  it('leaves alone what was not reached', () => {
    const { execution } = new Play(plan([twoPhases])).finish((id) => (id.includes('p1.0') ? failed() : succeeded));
    expect(rollbackRunOf(twoPhases, execution.runs[0]).phases.map((phase) => phase.id)).toEqual(['p1']);
    expect(rollbackRunOf(twoPhases, undefined).phases).toEqual([]);
  });

  it('leaves alone a phase that was skipped, and a section that was', () => {
    const share = (id: string, percent: number, skip: string | null = null) =>
      phasePlan(
        id,
        [
          sectionPlan('infra', [selectStep({ percent })]),
          sectionPlan('deploy', [stepPlan('install')], { skip }),
          sectionPlan('verify', [stepPlan('check')]),
        ],
        { rollback: [undo, sectionPlan('tell', [agentStep('tell')], { undoes: 'verify' })] },
      );
    // Of two hosts the second phase would get none: the first has taken its half.
    const canary = runPlan([share('p1', 25), share('p2', 50), share('p3', 100, "'a' == 'a'")]);
    const { execution } = new Play(plan([canary])).finish();
    expect(execution.runs[0]?.phases.map((phase) => phase.status)).toEqual(['SUCCESS', 'SKIPPED', 'SUCCESS']);
    const back = new Play(plan([rollbackRunOf(canary, execution.runs[0])])).finish();
    expect(toldOf(back.events, 'StepStarted')).toEqual([
      'StepStarted run/p3.0/tell/tell [-]',
      'StepStarted run/p1.0/undo/undo [h1]',
      'StepStarted run/p1.0/tell/tell [-]',
    ]);
  });

  it('goes to no host where none was selected, whatever else was done', () => {
    const phase = phasePlan(
      'p1',
      [
        sectionPlan('infra', [{ ...selectStep({ count: 1 }), skip: 'true' }]),
        sectionPlan('deploy', [agentStep('announce')]),
      ],
      { rollback: [sectionPlan('undo', [stepPlan('undo'), agentStep('tell')], { undoes: 'deploy' })] },
    );
    const { execution } = new Play(plan([runPlan([phase])])).finish();
    const back = new Play(plan([rollbackRunOf(runPlan([phase]), execution.runs[0])])).finish();
    expect(toldOf(back.events, 'StepStarted', 'RunEnded')).toEqual([
      'StepStarted run/p1.0/undo/tell [-]',
      'RunEnded run SUCCESS null',
    ]);
  });

  it('leaves alone a phase that chose no host', () => {
    const play = new Play(onePhase([sectionPlan('deploy', [stepPlan('install')])]));
    const [phase] = play.execution.plan.stages[0]?.runs[0]?.phases ?? [];
    const [run] = play.execution.runs;
    if (phase === undefined || run === undefined) throw new Error('nothing planned');
    const chose = (hosts: readonly string[]) => ({ ...run, phases: run.phases.map((each) => ({ ...each, hosts })) });
    const turned = (hosts: readonly string[]) => rollbackRunOf(runPlan([phase]), chose(hosts)).phases.length;
    expect([turned([]), turned(['h1'])]).toEqual([0, 1]);
  });

  it('goes to the hosts a phase chose, and to none it has lost on its way', () => {
    const chosen = runPlan([
      phasePlan(
        'p1',
        [sectionPlan('infra', [selectStep({ count: 2 })]), sectionPlan('deploy', [stepPlan('install')])],
        {
          hosts: hostNames(3).map(hostNamed),
          rollback: [undo],
        },
      ),
    ]);
    const [run] = new Play(plan([chosen])).finish().execution.runs;
    if (run === undefined) throw new Error('nothing ran');
    const hosts = (of: typeof run) => rollbackRunOf(chosen, of).phases[0]?.hosts.map((host) => host.name);
    expect(hosts(run)).toEqual(['h1', 'h2']);
    expect(hosts({ ...run, phases: run.phases.map((phase) => ({ ...phase, dropped: ['h1'] })) })).toEqual(['h2']);
    expect(rollbackRunOf(chosen, run).phases[0]?.rollback).toEqual([]);
  });

  it('goes to every host where nothing chose some, and to the agent where there are none', () => {
    const whole = runPlan([
      phasePlan('p1', [sectionPlan('deploy', [stepPlan('install')])], { rollback: [undo] }),
      phasePlan('p2', [sectionPlan('deploy', [agentStep('install')])], { hosts: [], rollback: [undo] }),
      phasePlan('p3', [sectionPlan('deploy', [agentStep('install')])], { hosts: [], rollback: [undo] }),
    ]);
    const { execution } = new Play(plan([whole])).finish((id) => (id.includes('p2.0') ? failed() : succeeded));
    const turned = rollbackRunOf(whole, execution.runs[0]);
    expect(turned.phases.map(({ id, hosts }) => [id, hosts.length])).toEqual([
      ['p2', 0],
      ['p1', 2],
    ]);
  });

  it('gives the steps of each phase what that one had published for itself', () => {
    const find = agentStep('find', { publish: { name: 'facts', scope: 'PHASE' } });
    const step = agentStep('undo', {
      parameters: { script: 'to ${context.facts.live}', shell: 'sh', on: 'agent', outputs: {} },
    });
    const phase = (id: string) =>
      phasePlan(id, [sectionPlan('deploy', [find])], { rollback: [sectionPlan('back', [step])] });
    const two = runPlan([phase('p1'), phase('p2')]);
    const { execution } = new Play(plan([two])).finish((id) => ({
      ...succeeded,
      outputs: { live: id.includes('p1.0') ? 'blue' : 'green' },
    }));
    const back = new Play(plan([rollbackRunOf(two, execution.runs[0], execution.outputs)]));
    const scripts: unknown[] = [];
    back.finish((id) => {
      const made = taskOfAttempt(back.execution, id);
      if (made.ok) scripts.push((made.task.parameters as { readonly script: unknown }).script);
      return succeeded;
    });
    expect(scripts).toEqual(['to green', 'to blue']);
  });

  it('gives its steps what the deployment had published for itself', () => {
    const publish = (name: string, scope: 'PHASE' | 'WORKFLOW' | 'PIPELINE') => ({ publish: { name, scope } });
    const steps = [
      agentStep('a', publish('ofPhase', 'PHASE')),
      agentStep('b', publish('ofRun', 'WORKFLOW')),
      agentStep('c', publish('ofAll', 'PIPELINE')),
    ];
    const published = runPlan([phasePlan('p1', [sectionPlan('deploy', steps)], { rollback: [undo] })]);
    const outputs = { version: '7' };
    const { execution } = new Play(plan([published])).finish(() => ({ ...succeeded, outputs }));
    const [run] = execution.runs;
    expect(rollbackRunOf(published, run, execution.outputs)).toMatchObject({
      undoing: true,
      inherits: [
        { name: 'ofPhase', values: outputs },
        { name: 'ofRun', values: outputs },
      ],
    });
    expect(rollbackRunOf(published, run)).not.toHaveProperty('inherits');
    expect(rollbackRunOf(published, undefined, execution.outputs)).not.toHaveProperty('inherits');
  });
});

describe('an execution turned round', () => {
  it('goes from its last stage to its first, what it took over among them', () => {
    const run = (id: string) => ({ ...twoPhases, id });
    const first = new Play(plan([run('a')], { executionId: 'x0' })).finish().execution;
    const rollback = rollbackRunOf(run('a'), first.runs[0]);
    const done = { status: 'SUCCESS', startedAt: 1, endedAt: 2 } as const;
    const stages = [
      {
        ...{ id: 's1', name: 'one', runs: [run('a'), run('b')] },
        takenOver: [
          { ...done, runId: 'a', rollback },
          { ...done, runId: 'b', status: 'SKIPPED' as const, rollback: null },
        ],
      },
      { id: 's2', name: 'two', runs: [run('c')] },
    ];
    const { execution } = new Play(plan([], { kind: 'PIPELINE', stages })).finish();
    const turned = rollbackStagesOf(execution);
    expect(turned.map(({ id, runs }) => [id, ...runs.map((each) => `${each.id} ${each.phases.length}`)])).toEqual([
      ['s2', 'c 2'],
      ['s1', 'a 2', 'b 0'],
    ]);
    // They have not run in the execution that takes them back.
    expect(turned.map((stage) => stage.takenOver)).toEqual([undefined, undefined]);
  });

  it('reads what was published for all of the pipeline, and before that what its own run has published', () => {
    const publishing = (id: string, scope: 'PIPELINE' | 'WORKFLOW') =>
      agentStep(id, {
        publish: { name: 'made', scope },
        parameters: { script: 'x', shell: 'sh', on: 'agent', outputs: { by: 'STRING' } },
      });
    const undone = sectionPlan('undo', [agentStep('undo', { parameters: { script: 'echo ${made.by}', shell: 'sh' } })]);
    const of = (id: string, ...steps: readonly ReturnType<typeof agentStep>[]) =>
      runPlan([phasePlan('p1', [sectionPlan('s', [stepPlan('install'), ...steps])], { rollback: [undone] })], { id });
    const stages = [
      { id: 's1', name: 'one', runs: [of('a', publishing('all', 'PIPELINE'))] },
      { id: 's2', name: 'two', runs: [of('b', publishing('own', 'WORKFLOW'))] },
    ];
    const { execution } = new Play(plan([], { kind: 'PIPELINE', stages })).finish((id) => ({
      ...succeeded,
      outputs: { by: id.includes('/a/') ? 'the first' : 'the second' },
    }));
    const scripts: unknown[] = [];
    const back = new Play(
      plan([], { executionId: 'x2', kind: 'PIPELINE', stages: rollbackStagesOf(execution), rollbackOf: 'x1' }),
    );
    back.finish((id) => {
      const made = taskOfAttempt(back.execution, id);
      scripts.push(made.ok ? (made.task.parameters as { script: unknown }).script : made.failures);
      return succeeded;
    });
    expect(scripts).toEqual(['echo the second', 'echo the first']);
    expect(back.execution.status).toBe('SUCCESS');
  });
});
