import { expect, it } from 'vitest';
import { createMemoryStore } from '../../test/support/memory-store/index.ts';
import {
  onFailure,
  phasePlan,
  plan,
  rollbackOnAnything,
  runPlan,
  sectionPlan,
  simplePlan,
  stepPlan,
} from '../../test/support/plans.ts';
import { failed, failedWith, Play, succeeded } from '../../test/support/play.ts';
import { artifact } from '../definitions/plan-fixture.ts';
import type { StepPlan } from '../engine/plan.ts';
import { headerOf } from './execution-header.ts';
import { viewOf } from './execution-view.ts';
import { why } from './why.ts';

/** After a deployment that failed at its check and was rolled back. */
async function rollbackOf(previous: string | null, undo: Partial<StepPlan> = {}): Promise<string | null> {
  const before = previous === null ? null : artifact('web', previous);
  const phase = { artifact: artifact('web', '7'), rollbackArtifact: before };
  const play = new Play(simplePlan({ phase, steps: { undo } }));
  play.finish((id) => (id.includes('check') ? failed() : succeeded));
  const view = viewOf(play.execution, play.decisions.length, (id) => id);
  return (await why(view, createMemoryStore().logs, async () => 0)).rollback;
}

it('says after a rollback that what ran before runs again, unless nothing did', async () => {
  expect(await rollbackOf('6')).toBe('it was rolled back: what ran before runs again');
  expect(await rollbackOf(null)).toBe('it was rolled back: there was no earlier deployment to bring back');
});

it('does not say so of a rollback without a step that ran', async () => {
  const stays = 'no step of its rollback ran: what it had changed stays as it is';
  expect(await rollbackOf('6', { skip: 'true' })).toBe(stays);
  expect(await rollbackOf(null, { skip: 'true' })).toBe(stays);
});

it('names the run that failed first, and not one that waited for it at a barrier or came before it in the file', () => {
  const meet = stepPlan('meet', { type: 'BARRIER', parameters: { identifier: 'done' }, runs: 'decided' });
  const waits = (id: string) =>
    runPlan([phasePlan('p1', [sectionPlan('deploy', [stepPlan('install'), meet])])], { id });
  const met = new Play(plan([waits('a'), waits('b')], { kind: 'PIPELINE' }));
  met.finish((id) => (id.includes('/b/') ? failed() : succeeded));
  expect(headerOf(met.execution).failure).toMatchObject({ node: 'x1/b/p1.0/deploy/install@h1#1' });

  const alone = (id: string) => runPlan([phasePlan('p1', [sectionPlan('deploy', [stepPlan('install')])])], { id });
  const apart = new Play(plan([alone('a'), alone('b')], { kind: 'PIPELINE' }));
  apart.run((id) => (id.includes('/b/') ? failed() : null));
  apart.now += 1_000;
  apart.report(() => failed()).finish();
  expect(headerOf(apart.execution).failure).toMatchObject({ node: 'x1/b/p1.0/deploy/install@h1#1' });
});

it('names the host that decided what followed, and not one that might have been left behind', () => {
  const tolerant = onFailure('ROLLBACK_WORKFLOW', { types: ['CONNECTIVITY'], tolerate: { count: 1 } });
  const play = new Play(simplePlan({ run: { failureStrategies: [tolerant, rollbackOnAnything] } }));
  play.finish((id) => (id.includes('install@h1') ? failedWith('UNREACHABLE', false) : failed()));
  expect(headerOf(play.execution).failure).toMatchObject({ code: 'COMMAND_FAILED', target: 'h2' });
});

it('does not take what was ignored for the cause of what came later', () => {
  const ignore = { types: [], steps: [], scope: 'PHASE', action: 'IGNORE', retry: null, tolerate: null } as const;
  const play = new Play(simplePlan({ run: { failureStrategies: [ignore] } }));
  play.run((id) => (id.includes('install') ? failed() : id.includes('check') ? null : succeeded));
  play.give({ input: 'abort', actor: 'ada', reason: 'enough' });
  play.finish();
  expect(play.execution.status).toBe('ABORTED');
  expect(headerOf(play.execution).failure).toMatchObject({ code: 'CANCELED', message: 'enough' });
});
