import { describe, expect, it } from 'vitest';
import {
  agentStep,
  hostNamed,
  hostNames,
  onFailure,
  oneStep,
  onePhase,
  phasePlan,
  plan,
  runPlan,
  sectionPlan,
  selectStep,
  stepPlan,
} from '../../../test/support/plans.ts';
import { Play, succeeded, told, toldOf } from '../../../test/support/play.ts';
import type { PhasePlan, StepPlan } from '../plan.ts';

const silent = () => null;
const stepsOf = (play: Play) =>
  play.execution.runs[0]?.phases.flatMap((phase) => phase.sections.flatMap((section) => section.steps));
const problemOf = (play: Play) => stepsOf(play)?.at(-1)?.failure;

describe('a step', () => {
  it('runs on every host of its phase at once, or once on an agent', () => {
    const steps = [stepPlan('a', { skip: null }), agentStep('b', { withPrevious: true })];
    const play = new Play(onePhase([sectionPlan('s', steps)], { phase: { hosts: hostNames(3).map(hostNamed) } }));
    expect(toldOf(play.events, 'StepStarted')).toEqual([
      'StepStarted run/p1.0/s/a [h1,h2,h3]',
      'StepStarted run/p1.0/s/b [-]',
    ]);
  });

  it('runs on the hosts that were selected', () => {
    const sections = [sectionPlan('i', [selectStep({ hosts: ['h2'] })]), sectionPlan('s', [stepPlan('a')])];
    const play = new Play(onePhase(sections, { phase: { hosts: hostNames(3).map(hostNamed) } }));
    expect(toldOf(play.events, 'HostsSelected', 'StepStarted')).toEqual([
      'HostsSelected run/p1.0 [h2]',
      'StepStarted run/p1.0/s/a [h2]',
    ]);
  });

  it('runs nowhere where the selection of its hosts has failed, also when that is ignored: some never meant all', () => {
    const sections = [
      sectionPlan('i', [selectStep({ count: '${workflow.nobody}' })], { failureStrategies: [onFailure('IGNORE')] }),
      sectionPlan('s', [stepPlan('a')]),
    ];
    const play = new Play(onePhase(sections, { phase: { hosts: hostNames(3).map(hostNamed) } })).finish();
    expect(toldOf(play.events, 'StepStarted', 'StepIgnored')).toEqual(['StepIgnored run/p1.0/i/select']);
    expect(problemOf(play)).toEqual({ code: 'NO_HOSTS', message: 'no host is selected' });
  });

  it('leaves out hosts that were dropped', () => {
    const sections = [sectionPlan('s', [agentStep('a')]), sectionPlan('t', [stepPlan('b')])];
    const play = new Play(onePhase(sections, { phase: { hosts: hostNames(3).map(hostNamed) } })).run(silent);
    play.tell([{ event: 'HostsDropped', phaseId: 'x1/run/p1.0', hosts: ['h1', 'h3'], at: 1_000 }]);
    play.report(silent).give({ input: 'finished', attemptId: 'x1/run/p1.0/s/a@-#1', result: succeeded });
    expect(toldOf(play.events, 'StepStarted').at(-1)).toBe('StepStarted run/p1.0/t/b [h2]');
  });

  it.each<[string, Partial<PhasePlan>]>([['without hosts', { hosts: [] }]])('for hosts %s fails', (_, phase) => {
    const play = new Play(onePhase([sectionPlan('s', [stepPlan('a')])], { phase })).run();
    expect(problemOf(play)).toEqual({ code: 'NO_HOSTS', message: 'no host is selected' });
    expect(play.execution.status).toBe('FAILED');
  });

  it('for hosts outside a phase fails', () => {
    const play = new Play(onePhase([], { run: { pre: sectionPlan('pre', [stepPlan('a')]) } })).run();
    expect(problemOf(play)?.code).toBe('NO_HOSTS');
  });

  it('succeeds when every host has', () => {
    const play = new Play(
      onePhase([sectionPlan('s', [stepPlan('a')])], { phase: { hosts: hostNames(2).map(hostNamed) } }),
    );
    play.run((id) => (id.includes('@h1') ? succeeded : null));
    expect(toldOf(play.events, 'StepEnded')).toEqual([]);
    play.report();
    expect(toldOf(play.events, 'StepEnded')).toEqual(['StepEnded run/p1.0/s/a SUCCESS null null']);
  });
});

describe('the condition of a step', () => {
  const ended = (step: Partial<StepPlan>) => toldOf(new Play(oneStep(step)).run().events, 'StepStarted', 'StepEnded');

  it('when true skips it and is shown', () => {
    expect(ended({ skip: "${env.name} == 'prod'", waitMs: 5_000 })).toEqual([
      "StepEnded run/p1.0/deploy/install SKIPPED null ${env.name} == 'prod'",
    ]);
  });

  it('when false lets it run', () => {
    expect(ended({ skip: "${env.name} == 'test'" })).toEqual([
      'StepStarted run/p1.0/deploy/install [h1]',
      'StepEnded run/p1.0/deploy/install SUCCESS null null',
    ]);
  });

  it.each([
    ['an unknown value', '${env.type} == 1'],
    ['no condition at all', '1 + 1'],
  ])('when nobody can tell (%s) fails the workflow', (_, skip) => {
    const play = new Play(oneStep({ skip })).run();
    expect(toldOf(play.events, 'StepStarted')).toEqual([]);
    expect(problemOf(play)?.code).toBe('EXPRESSION');
    expect(play.execution.status).toBe('FAILED');
  });

  it('in pre-deployment sees nothing of the service', () => {
    const condition = "${serviceVariable.port} == '80'";
    const families = { serviceVariable: { port: '80' } };
    const within = new Play(
      onePhase([sectionPlan('s', [agentStep('a', { skip: condition })])], { phase: { families } }),
    );
    expect(stepsOf(within)?.[0]?.status).toBe('SKIPPED');
    const pre = sectionPlan('pre', [agentStep('a', { skip: condition })]);
    const before = new Play(onePhase([], { run: { pre }, phase: { families } })).run();
    expect(before.execution.runs[0]?.failure?.code).toBe('EXPRESSION');
  });
});

describe('the wait of a step', () => {
  it('begins with its section, or when the one before has ended', () => {
    const play = new Play(
      onePhase([sectionPlan('s', [agentStep('a', { waitMs: 100 }), agentStep('b', { waitMs: 200 })])]),
    );
    expect(told(play.pass(99))).toEqual([]);
    expect(told(play.pass(1))).toEqual(['StepStarted run/p1.0/s/a [-]']);
    play.run(silent);
    play.now += 1_000;
    play.report();
    expect(told(play.pass(199))).toEqual([]);
    expect(told(play.pass(1))).toEqual(['StepStarted run/p1.0/s/b [-]']);
  });

  it('is not made longer by siblings that end meanwhile', () => {
    const steps = [agentStep('a'), agentStep('b', { waitMs: 1_000 })];
    const play = new Play(onePhase([sectionPlan('s', steps, { parallel: true })])).run(silent);
    play.now += 900;
    play.report(silent).give({ input: 'finished', attemptId: 'x1/run/p1.0/s/a@-#1', result: succeeded });
    expect(told(play.pass(100))).toEqual(['StepStarted run/p1.0/s/b [-]']);
  });

  it('counts on from the wait of its section', () => {
    const play = new Play(oneStep({ waitMs: 100 }, { waitMs: 50 }));
    expect(told(play.pass(149))).toEqual([]);
    expect(told(play.pass(1))).toEqual(['StepStarted run/p1.0/deploy/install [h1]']);
  });
});

describe('what cannot be resolved', () => {
  const script = (text: string) => ({ parameters: { script: text, shell: 'sh', on: 'hosts', outputs: {} } });

  it('fails the step before anything runs', () => {
    const play = new Play(oneStep(script('echo ${workflow.nothing}'))).run();
    expect(toldOf(play.events, 'StepStarted')).toEqual([]);
    expect(problemOf(play)?.code).toBe('EXPRESSION');
  });

  it('is told once for all hosts, all of it', () => {
    const hosts = hostNames(3).map(hostNamed);
    const one = onePhase([sectionPlan('s', [stepPlan('a', script('${env.x}'))])], { phase: { hosts } });
    const single = problemOf(new Play(one).run())?.message;
    expect(single).toBe("column 7: env has no 'x'; it has name");
    const environment = { A: '${env.y}' };
    const two = onePhase([sectionPlan('s', [stepPlan('a', script('${env.x}'))])], { phase: { hosts, environment } });
    expect(problemOf(new Play(two).run())).toMatchObject({
      code: 'EXPRESSION',
      message: `${single}; column 7: env has no 'y'; it has name`,
    });
  });
});

describe('what a step publishes', () => {
  const publishing = (scope: NonNullable<StepPlan['publish']>['scope'], name = 'facts') =>
    stepPlan('a', { publish: { name, scope } });
  const outputs = (id: string) => ({ outcome: 'SUCCESS', touched: true, outputs: { from: id.slice(-4, -2) } }) as const;
  const play = (step: StepPlan, phase: Partial<PhasePlan> = {}) =>
    new Play(onePhase([sectionPlan('s', [step])], { phase: { hosts: hostNames(2).map(hostNamed), ...phase } })).run(
      outputs,
    );
  const published = (which: Play) => toldOf(which.events, 'OutputsPublished');

  it.each([
    ['PHASE', 'run/p1.0'],
    ['WORKFLOW', 'run'],
    ['PIPELINE', 'x1'],
  ] as const)('for %s belongs to %s; of several hosts the last one’s stand', (scope, owner) => {
    const facts = play(publishing(scope));
    expect(published(facts)).toEqual([
      `OutputsPublished facts ${scope} ${owner} {"from":"h1"} run/p1.0/s/a`,
      `OutputsPublished facts ${scope} ${owner} {"from":"h2"} run/p1.0/s/a`,
    ]);
    expect(facts.execution.outputs.map((output) => output.values)).toEqual([{ from: 'h2' }]);
  });

  it('under a name made of the instance is kept apart', () => {
    const facts = play(publishing('WORKFLOW', '${instance.name}'));
    expect(facts.execution.outputs.map((output) => [output.name, output.values])).toEqual([
      ['h1', { from: 'h1' }],
      ['h2', { from: 'h2' }],
    ]);
  });

  it('is nothing without a name, without values, or with a name that cannot be told', () => {
    expect(published(play(stepPlan('a')))).toEqual([]);
    expect(published(play(publishing('WORKFLOW', '${env.nothing}')))).toEqual([]);
    const quiet = new Play(onePhase([sectionPlan('s', [publishing('WORKFLOW')])])).run();
    expect(published(quiet)).toEqual([]);
    expect(quiet.execution.status).toBe('SUCCESS');
  });

  it('comes before the end of the step', () => {
    const kinds = play(publishing('PHASE')).events.map((event) => event.event);
    expect(kinds.lastIndexOf('OutputsPublished')).toBeLessThan(kinds.indexOf('StepEnded'));
  });

  it.each([
    ['PHASE', 'inside the phase', false],
    ['PHASE', 'in the next phase', true],
    ['WORKFLOW', 'in the next phase', false],
    ['WORKFLOW', 'in the next stage', true],
    ['PIPELINE', 'in the next stage', false],
  ] as const)('for %s, read %s, is out of scope: %s', (scope, where, fails) => {
    const parameters = { script: 'echo ${context.facts.from}', shell: 'sh', on: 'agent', outputs: {} };
    const reader = agentStep('read', { parameters });
    const writer = agentStep('write', { publish: { name: 'facts', scope } });
    const phase = (id: string, ...steps: readonly StepPlan[]) => phasePlan(id, [sectionPlan('s', steps)]);
    const inside = where === 'inside the phase' ? [writer, reader] : [writer];
    const next = where === 'in the next phase' ? [phase('p2', reader)] : [];
    const stages = [
      { id: 's1', name: 'one', runs: [runPlan([phase('p1', ...inside), ...next], { id: 'one' })] },
      {
        id: 's2',
        name: 'two',
        runs: where === 'in the next stage' ? [runPlan([phase('p1', reader)], { id: 'two' })] : [],
      },
    ];
    const both = new Play(plan([], { stages })).finish(outputs);
    expect(both.execution.status).toBe(fails ? 'FAILED' : 'SUCCESS');
  });

  it('is read innermost first', () => {
    const writer = (id: string, scope: 'PHASE' | 'PIPELINE') => agentStep(id, { publish: { name: 'facts', scope } });
    const reader = agentStep('read', { skip: "${context.facts.from} != 'inner'" });
    const sections = [sectionPlan('s', [writer('inner', 'PHASE'), writer('outer', 'PIPELINE'), reader])];
    const nested = new Play(onePhase(sections)).run((id) => ({
      outcome: 'SUCCESS',
      touched: false,
      outputs: { from: id.includes('/inner@') ? 'inner' : 'outer' },
    }));
    expect(stepsOf(nested)?.at(-1)?.status).toBe('SUCCESS');
  });

  it('is seen by the rollback of its phase', () => {
    const writer = stepPlan('write', { publish: { name: 'facts', scope: 'PHASE' } });
    const reader = stepPlan('read', {
      parameters: { script: 'echo ${context.facts.from}', shell: 'sh', on: 'hosts', outputs: {} },
    });
    const rollback = [sectionPlan('undo', [reader])];
    const play2 = new Play(onePhase([sectionPlan('s', [writer, stepPlan('bad')])], { phase: { rollback } }));
    play2.finish((id) => (id.includes('/bad@') ? { outcome: 'FAILED', touched: true } : outputs(id)));
    expect(play2.execution.runs[0]?.rollback?.result).toBe('SUCCESS');
  });
});
