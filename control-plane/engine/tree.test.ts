import { beforeEach, describe, expect, it } from 'vitest';
import { hostNamed, onePhase, oneStep, sectionPlan, simplePlan, stepPlan } from '../../test/support/plans.ts';
import { failed, Play, succeeded } from '../../test/support/play.ts';
import type { Execution } from './execution.ts';
import { planOfRun, planOfStep, sectionsOf } from './plan-of.ts';
import {
  findAttempt,
  findPhase,
  findRun,
  findSection,
  findStep,
  findTask,
  lastAttempt,
  parentOf,
  taskIn,
  updateAttempt,
  updatePhase,
  updateRun,
} from './tree.ts';
import { Turn } from './turn.ts';

const ATTEMPT = 'x1/run/p1.0/deploy/install@h2#1';
/** While it installs. */
let execution: Execution;
beforeEach(() => {
  ({ execution } = new Play(simplePlan()).run((id) => (id.includes('install') ? null : succeeded)));
});

describe('a node', () => {
  it.each([
    ['its run', findRun, 'x1/run'],
    ['its phase', findPhase, 'x1/run/p1.0'],
    ['its section', findSection, 'x1/run/p1.0/deploy'],
    ['its step', findStep, 'x1/run/p1.0/deploy/install'],
    ['its task', findTask, 'x1/run/p1.0/deploy/install@h2'],
    ['the attempt itself', findAttempt, ATTEMPT],
  ])('is found by the id of an attempt below it: %s', (_, find, id) => {
    expect(find(execution, ATTEMPT)?.id).toBe(id);
    expect(find(execution, id)?.id).toBe(id);
  });

  it.each([
    'x2/run/p1.0/deploy/install@h2#1',
    'x1/other/p1.0/deploy/install@h2#1',
    'x1/run/p2.0/deploy/install@h2#1',
    'x1/run/p1.0/other/install@h2#1',
    'x1/run/p1.0/deploy/other@h2#1',
    'x1/run/p1.0/deploy/install@h3#1',
    'x1/run/p1.0/deploy/install@h2#2',
    '',
  ])('that is not there is not found: %s', (id) => {
    expect(findAttempt(execution, id)).toBeUndefined();
  });

  it('may be at a host with any name', () => {
    const odd = 'web@eu/1#a';
    const play = new Play(onePhase([sectionPlan('s', [stepPlan('a')])], { phase: { hosts: [hostNamed(odd)] } }));
    expect(findAttempt(play.execution, `x1/run/p1.0/s/a@${odd}#1`)?.state).toBe('PENDING');
    expect(play.finish().execution.status).toBe('SUCCESS');
    expect(planOfStep(play.execution, `x1/run/p1.0/s/a@${odd}#1`).id).toBe('a');
  });

  it('is inside its parent', () => {
    expect(parentOf('x1/run/p1.0')).toBe('x1/run');
  });

  it('is the last of its like', () => {
    const step = findStep(execution, ATTEMPT);
    expect(step === undefined ? null : taskIn(step, 'h2')?.id).toBe('x1/run/p1.0/deploy/install@h2');
    expect(step === undefined ? null : taskIn(step, 'h3')).toBeUndefined();
    const task = findTask(execution, ATTEMPT);
    expect(task === undefined ? null : lastAttempt(task)?.id).toBe(ATTEMPT);
  });
});

describe('a change', () => {
  it('copies one path and leaves every other node the same object', () => {
    const after = updateAttempt(execution, ATTEMPT, (attempt) => ({ ...attempt, state: 'ENDED' }));
    expect(findAttempt(after, ATTEMPT)?.state).toBe('ENDED');
    expect(findAttempt(execution, ATTEMPT)?.state).toBe('STARTED');
    expect(findSection(after, 'x1/run/p1.0/infra')).toBe(findSection(execution, 'x1/run/p1.0/infra'));
    expect(findTask(after, 'x1/run/p1.0/deploy/install@h1')).toBe(findTask(execution, 'x1/run/p1.0/deploy/install@h1'));
  });

  it('finds one of many by its place, also when the first of them changes', () => {
    const hosts = Array.from({ length: 40 }, (_, index) => hostNamed(`h${index}`));
    const play = new Play(onePhase([sectionPlan('s', [stepPlan('a')])], { phase: { hosts } }));
    const id = (host: string): string => `x1/run/p1.0/s/a@${host}#1`;
    const told = ['h39', 'h0', 'h17', 'h0', 'h38'].reduce(
      (before, host) => updateAttempt(before, id(host), ({ assignment }) => ({ assignment: assignment + 1 })),
      play.execution,
    );
    const counted = hosts.map(({ name }) => findAttempt(told, id(name))?.assignment);
    expect(counted).toEqual(
      hosts.map(
        ({ name }) => ['h0', 'h17', 'h38', 'h39'].filter((each) => each === name).length + (name === 'h0' ? 1 : 0),
      ),
    );
    expect(findAttempt(told, id('h40'))).toBeUndefined();
    expect(() => updateAttempt(told, id('h40'), () => ({}))).toThrow('no node x1/run/p1.0/s/a@h40');
  });

  it('of what is not there is a bug', () => {
    const same = <N>(node: N): N => node;
    expect(() => updateRun(execution, 'x1/other', same)).toThrow('no node x1/other');
    expect(() => updatePhase(execution, 'x1/run/p9.0/deploy', same)).toThrow('no node x1/run/p9.0');
    expect(() => updateAttempt(execution, `${ATTEMPT}0`, same)).toThrow(`no node ${ATTEMPT}0`);
  });
});

describe('the plan of a node', () => {
  it.each([
    ['x1/run/p9.0/deploy/install', 'no step x1/run/p9.0/deploy/install'],
    ['x1/other/p1.0/deploy/install', 'no step x1/other/p1.0/deploy/install'],
    ['x1/run/p1.0/deploy/other', 'no plan for step x1/run/p1.0/deploy/other'],
    ['x1/run/p1.0/other/install', 'no plan for step x1/run/p1.0/other/install'],
  ])('that is not there is a bug: %s', (id, message) => {
    expect(() => planOfStep(execution, id)).toThrow(message);
  });

  it('of a step tells all around it', () => {
    const planned = planOfStep(execution, ATTEMPT);
    expect([planned.id, planned.of.section.id, planned.of.phasePlan?.id, planned.of.runPlan.id]).toEqual([
      'install',
      'deploy',
      'p1',
      'run',
    ]);
  });

  it('of a step in pre- and post-deployment, and in a rollback, is found as well', () => {
    const run = {
      pre: sectionPlan('before', [stepPlan('a', { runs: 'agent' })]),
      post: sectionPlan('after', [stepPlan('b', { runs: 'agent' })]),
    };
    const around = new Play(simplePlan({ run })).finish();
    expect(planOfStep(around.execution, 'x1/run/pre.0/before/a').of.phasePlan).toBeNull();
    expect(planOfStep(around.execution, 'x1/run/post.0/after/b').id).toBe('b');
    const undone = new Play(simplePlan()).finish((id) => (id.includes('check') ? failed() : succeeded));
    expect(planOfStep(undone.execution, 'x1/run/p1.0.rollback/undo-deploy/undo').of.section.undoes).toBe('deploy');
    expect(() => planOfStep(undone.execution, 'x1/run/p1.0.rollback/deploy/install')).toThrow('no plan for step');
  });

  it('of a run is looked for in its own stage', () => {
    const [run] = execution.runs;
    if (run === undefined) throw new Error('no run');
    expect(() => planOfRun(execution, { ...run, stageId: 's9' })).toThrow('no plan for run x1/run');
    expect(() => planOfRun(execution, { ...run, planId: 'other' })).toThrow('no plan for run x1/run');
  });

  it('of a phase that is in none has no sections', () => {
    const [run] = execution.runs;
    const [phase] = run?.phases ?? [];
    if (run === undefined || phase === undefined) throw new Error('no phase');
    const runPlan = planOfRun(execution, run);
    const ids = (more: Partial<typeof phase>) => sectionsOf(runPlan, run, { ...phase, ...more }).map((each) => each.id);
    expect(ids({})).toEqual(['infra', 'deploy', 'verify']);
    expect(ids({ planId: 'other' })).toEqual([]);
    expect(ids({ kind: 'PRE' })).toEqual([]);
    expect(ids({ kind: 'POST' })).toEqual([]);
    expect(ids({ kind: 'ROLLBACK', undoes: phase.id })).toEqual(['undo-deploy']);
    expect(ids({ kind: 'ROLLBACK', undoes: 'x1/run/p9.0' })).toEqual([]);
  });
});

describe('a turn', () => {
  it('never runs backwards, and knows what it has decided so far', () => {
    const { execution: before } = new Play(oneStep());
    const turn = new Turn(before, 5);
    expect(turn.now).toBe(before.lastAt);
    expect(new Turn(before, before.lastAt + 7).now).toBe(before.lastAt + 7);
    turn.emit({ event: 'RunEnded', runId: 'x1/run', status: 'FAILED', failure: null });
    expect(turn.run('x1/run').status).toBe('FAILED');
    expect(turn.events).toEqual([
      { event: 'RunEnded', runId: 'x1/run', status: 'FAILED', failure: null, at: before.lastAt },
    ]);
    expect(turn.phase('x1/run/p1.0').id).toBe('x1/run/p1.0');
  });

  it('asked for what is not there is a bug', () => {
    const turn = new Turn(new Play(oneStep()).execution, 0);
    expect(() => turn.run('x1/other')).toThrow('no run x1/other');
    expect(() => turn.phase('x1/run/p9.0')).toThrow('no phase x1/run/p9.0');
  });
});
