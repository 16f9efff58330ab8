import { describe, expect, it } from 'vitest';
import { agentStep, onFailure, onePhase, sectionPlan, stepPlan } from '../../../test/support/plans.ts';
import { failed, Play, succeeded, told, toldOf } from '../../../test/support/play.ts';
import type { SectionPlan, StepPlan } from '../plan.ts';
import { groupsOf } from './phase.ts';

const silent = () => null;
const started = (play: Play) => toldOf(play.events, 'StepStarted').map((line) => line.split(' ')[1]?.split('/').at(-1));
const sectionsOf = (play: Play) =>
  play.execution.runs[0]?.phases[0]?.sections.map((section) => [
    section.planId,
    section.status,
    section.steps.map((step) => `${step.planId} ${step.status}`),
  ]);
const play = (...sections: readonly SectionPlan[]) => new Play(onePhase(sections));

describe('groups of steps', () => {
  const ids = (steps: readonly StepPlan[], more: Partial<SectionPlan> = {}) =>
    groupsOf(sectionPlan('s', steps, more)).map((group) => group.map((step) => step.id).join('+'));
  const a = agentStep('a');
  const b = agentStep('b');
  const joining = agentStep('c', { withPrevious: true });

  it.each<[string, readonly string[], readonly string[]]>([
    ['go one after the other', ids([a, b]), ['a', 'b']],
    ['hold those that join the one before', ids([a, b, joining]), ['a', 'b+c']],
    ['begin with a step that has none before to join', ids([joining, a]), ['c', 'a']],
    ['are one in a parallel section', ids([a, b, joining], { parallel: true }), ['a+b+c']],
    ['are none without steps', ids([]), []],
  ])('%s', (_, found, expected) => {
    expect(found).toEqual(expected);
  });
});

describe('a section', () => {
  it('runs its steps one after the other', () => {
    const serial = play(sectionPlan('s', [agentStep('a'), agentStep('b')])).run(silent);
    expect(started(serial)).toEqual(['a']);
    serial.give({ input: 'finished', attemptId: 'x1/run/p1.0/s/a@-#1', result: succeeded });
    expect(started(serial)).toEqual(['a', 'b']);
  });

  it('runs them together when it is parallel, or where one joins the step before', () => {
    const steps = [agentStep('a'), agentStep('b')];
    expect(started(play(sectionPlan('s', steps, { parallel: true })))).toEqual(['a', 'b']);
    const joined = [agentStep('a'), agentStep('b', { withPrevious: true }), agentStep('c')];
    expect(started(play(sectionPlan('s', joined)).run(silent))).toEqual(['a', 'b']);
  });

  it('waits for the siblings of a failing step, and then fails', () => {
    const parallel = sectionPlan('s', [agentStep('bad'), agentStep('slow')], { parallel: true });
    const both = play(parallel, sectionPlan('later', [agentStep('never')]));
    both.run((id) => (id.includes('/bad@') ? failed(false) : null));
    expect(both.execution.runs[0]?.status).toBe('RUNNING');
    both.give({ input: 'finished', attemptId: 'x1/run/p1.0/s/slow@-#1', result: succeeded });
    expect(sectionsOf(both)).toEqual([['s', 'FAILED', ['bad FAILED', 'slow SUCCESS']]]);
    expect(both.execution.runs[0]?.status).toBe('FAILED');
  });

  it('follows the one before', () => {
    const two = play(sectionPlan('s1', [agentStep('a')]), sectionPlan('s2', [agentStep('b')])).run(silent);
    expect(sectionsOf(two)).toEqual([['s1', 'RUNNING', ['a RUNNING']]]);
    expect(sectionsOf(two.report())).toEqual([
      ['s1', 'SUCCESS', ['a SUCCESS']],
      ['s2', 'SUCCESS', ['b SUCCESS']],
    ]);
  });

  it('without steps is skipped, and waits for nothing', () => {
    const empty = play(sectionPlan('s', [], { waitMs: 1_000, skip: '${workflow.nothing}' })).run();
    expect(sectionsOf(empty)).toEqual([['s', 'SKIPPED', []]]);
    expect(empty.execution.runs[0]?.phases[0]?.status).toBe('SKIPPED');
    expect(empty.execution.status).toBe('SKIPPED');
    expect(empty.now).toBe(1_000);
  });

  it('waits before its first step', () => {
    const waiting = play(sectionPlan('s', [agentStep('a')], { waitMs: 1_000 })).run();
    expect(toldOf(waiting.events, 'SectionStarted')).toEqual(['SectionStarted run/p1.0/s 2000']);
    expect(told(waiting.pass(999))).toEqual([]);
    expect(told(waiting.pass(1))).toEqual(['StepStarted run/p1.0/s/a [-]']);
  });

  it('is done when all of its steps are: skipped ones do not count against it', () => {
    const some = play(sectionPlan('s', [agentStep('a', { skip: 'true' }), agentStep('b')])).run();
    expect(sectionsOf(some)).toEqual([['s', 'SUCCESS', ['a SKIPPED', 'b SUCCESS']]]);
    const all = play(sectionPlan('s', [agentStep('a', { skip: 'true' })]), sectionPlan('t', [agentStep('b')])).run();
    expect(sectionsOf(all)?.[0]).toEqual(['s', 'SKIPPED', ['a SKIPPED']]);
    expect(all.execution.runs[0]?.phases[0]?.status).toBe('SUCCESS');
  });

  it('has succeeded when the only failure is ignored', () => {
    const ignoring = play(sectionPlan('s', [agentStep('a')], { failureStrategies: [onFailure('IGNORE')] }));
    expect(sectionsOf(ignoring.run(() => failed()))).toEqual([['s', 'SUCCESS', ['a FAILED']]]);
  });
});

describe('the condition of a section', () => {
  const steps = [agentStep('a'), agentStep('b')];

  it('when true skips all of its steps without waiting', () => {
    const skip = "${env.name} == 'prod'";
    const skipped = play(sectionPlan('s', steps, { skip, waitMs: 5_000 }), sectionPlan('t', [stepPlan('c')])).run();
    expect(skipped.now).toBe(1_000);
    expect(toldOf(skipped.events, 'StepEnded').slice(0, 2)).toEqual([
      `StepEnded run/p1.0/s/a SKIPPED null ${skip}`,
      `StepEnded run/p1.0/s/b SKIPPED null ${skip}`,
    ]);
    expect(sectionsOf(skipped)?.[0]).toEqual(['s', 'SKIPPED', ['a SKIPPED', 'b SKIPPED']]);
  });

  it('when false lets them run', () => {
    const all = play(sectionPlan('s', steps, { skip: "${env.name} == 'test'", waitMs: 10 })).finish();
    expect(sectionsOf(all)).toEqual([['s', 'SUCCESS', ['a SUCCESS', 'b SUCCESS']]]);
  });

  it.each([{ parallel: false }, { parallel: true }])('when nobody can tell fails the workflow: %o', (more) => {
    const unclear = play(sectionPlan('s', steps, { ...more, skip: '${serviceVariable.x} == 1', waitMs: 10 })).run();
    expect(started(unclear)).toEqual([]);
    expect(unclear.execution.status).toBe('FAILED');
    expect(unclear.execution.runs[0]?.failure?.code).toBe('EXPRESSION');
    expect(sectionsOf(unclear)).toEqual([['s', 'FAILED', ['a FAILED', 'b FAILED']]]);
  });

  it('sees what earlier steps published', () => {
    const publish = { name: 'facts', scope: 'PHASE' } as const;
    const told = play(
      sectionPlan('s', [agentStep('a', { publish })]),
      sectionPlan('t', [agentStep('b')], { skip: "${context.facts.go} == 'no'" }),
    ).run(() => ({ outcome: 'SUCCESS', touched: false, outputs: { go: 'no' } }));
    expect(sectionsOf(told)?.[1]).toEqual(['t', 'SKIPPED', ['b SKIPPED']]);
  });
});
