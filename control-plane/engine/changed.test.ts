import { describe, expect, it } from 'vitest';
import { simplePlan } from '../../test/support/plans.ts';
import { Play, succeeded } from '../../test/support/play.ts';
import {
  changedAttempt,
  changedExecution,
  changedPhase,
  changedRun,
  changedSection,
  changedStep,
  changedTask,
} from './changed.ts';
import type { Step } from './execution.ts';
import { findAttempt, findPhase, findRun, findSection, findStep, findTask } from './tree.ts';

const ATTEMPT = 'x1/run/p1.0/deploy/install@h2#1';
const { execution } = new Play(simplePlan()).run((id) => (id.includes('install') ? null : succeeded));

/** What is asked for, found in an execution that installs. */
function there<N>(node: N | undefined): N {
  if (node === undefined) throw new Error('it is not there');
  return node;
}

const step = there(findStep(execution, ATTEMPT));
const chosen: Step = { ...step, selectors: ['dc1'] };

describe('a changed node', () => {
  const copies: readonly (readonly [string, object, object])[] = [
    ['execution', execution, changedExecution(execution, {})],
    ['run', there(findRun(execution, ATTEMPT)), changedRun(there(findRun(execution, ATTEMPT)), {})],
    ['phase', there(findPhase(execution, ATTEMPT)), changedPhase(there(findPhase(execution, ATTEMPT)), {})],
    ['section', there(findSection(execution, ATTEMPT)), changedSection(there(findSection(execution, ATTEMPT)), {})],
    ['step', step, changedStep(step, {})],
    ['step with agents of its own', chosen, changedStep(chosen, {})],
    ['task', there(findTask(execution, ATTEMPT)), changedTask(there(findTask(execution, ATTEMPT)), {})],
    ['attempt', there(findAttempt(execution, ATTEMPT)), changedAttempt(there(findAttempt(execution, ATTEMPT)), {})],
  ];

  it.each(copies)('is another one, alike in every field: %s', (_, node, copy) => {
    expect(copy).toStrictEqual(node);
    expect(copy).not.toBe(node);
  });

  it('has what was changed, and the one before has not', () => {
    expect(changedStep(chosen, { status: 'FAILED', selectors: [] })).toStrictEqual({
      ...chosen,
      status: 'FAILED',
      selectors: [],
    });
    expect(chosen).toMatchObject({ status: 'RUNNING', selectors: ['dc1'] });
  });
});
