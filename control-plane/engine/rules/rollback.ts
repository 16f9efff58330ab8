/** Rollback (orchestration 10): executed phases newest first, each on the hosts that were touched in it. */
import type { Failure } from '@fairlead/proto/model/failure.ts';
import { isTerminal } from '@fairlead/proto/model/status.ts';
import type { Phase, Rollback, Run } from '../execution.ts';
import type { RunPlan } from '../plan.ts';
import { planOfPhase, planOfRun, sectionsOf } from '../plan-of.ts';
import type { Turn } from '../turn.ts';
import { undoOfPre } from '../undo-pre.ts';
import { closeOpenNodes } from './close.ts';
import { openAttempts } from '../open-attempts.ts';
import { endingByApproval } from './approval.ts';
import { advancePhase } from './phase.ts';
import { touchedHosts } from './touched.ts';

type Why = Pick<Rollback, 'cause' | 'actor' | 'scope'> & {
  readonly failure: Failure;
  readonly provisioners?: Rollback['provisioners'];
};

export function startRollback(turn: Turn, run: Run, why: Why): void {
  turn.emit({ event: 'RollbackStarted', runId: run.id, ...why });
}

export function advanceRollback(turn: Turn, run: Run): void {
  const last = run.phases.at(-1);
  if (last !== undefined && !isTerminal(last.status)) {
    if (last.kind === 'ROLLBACK') return advancePhase(turn, run, last);
    // The forward path was stopped where it was: wait until nothing of it runs any more.
    if (openAttempts(run).length === 0) closeOpenNodes(turn, run, 'FAILED');
    return;
  }
  const next = nextToUndo(turn, run);
  if (next !== null) return open(turn, run, next);
  turn.emit({ event: 'RollbackEnded', runId: run.id, result: resultOf(run) });
  const status = endingByApproval(turn.execution, run.rollback?.cause ?? null) ?? 'FAILED';
  turn.emit({ event: 'RunEnded', runId: run.id, status, failure: null });
}

interface Next {
  readonly phase: Phase;
  readonly hosts: readonly string[];
}

function open(turn: Turn, run: Run, { phase: undone, hosts }: Next): void {
  const phaseId = `${undone.id}.rollback`;
  turn.emit({
    event: 'PhaseStarted',
    phaseId,
    kind: 'ROLLBACK',
    planId: undone.planId,
    name: undone.kind === 'PRE' ? 'Rollback Provisioners' : `Rollback ${undone.name}`,
    iteration: undone.iteration,
    undoes: undone.id,
    hosts,
  });
  // All phases were taken back at once by one that came before: this one is shown, and does nothing (10.1).
  if (isCovered(turn, run, undone)) turn.emit({ event: 'PhaseEnded', phaseId, status: 'SKIPPED' });
}

/** The next of what is to be taken back and is not yet: phases newest first, provisioners before or after all of them. */
function nextToUndo(turn: Turn, run: Run): Next | null {
  const undone = new Set(run.phases.map((phase) => phase.undoes));
  const plan = planOfRun(turn.execution, run);
  for (const phase of inOrder(run)) {
    if (undone.has(phase.id)) continue;
    if (phase.kind === 'PRE') {
      if (undoOfPre(plan, run) !== null) return { phase, hosts: [] };
      continue;
    }
    const hosts = touchedHosts(planOfPhase(plan, phase), phase);
    if (hosts !== null) return { phase, hosts };
  }
  return null;
}

function inOrder(run: Run): readonly Phase[] {
  const forward = run.phases.filter((phase) => phase.kind === 'FORWARD').toReversed();
  const pre = run.phases.filter((phase) => phase.kind === 'PRE');
  if (run.rollback?.scope !== 'PHASE') {
    return run.rollback?.provisioners === 'AFTER' ? [...forward, ...pre] : [...pre, ...forward];
  }
  // Only the phase that failed goes back, with every batch of it; earlier ones stay as deployed, on what was provisioned
  // for them.
  return forward.filter((phase) => phase.planId === forward[0]?.planId);
}

/** Have the steps that take back everything of this mapping done so in an earlier phase of this rollback, all of them? */
function isCovered(turn: Turn, run: Run, undone: Phase): boolean {
  const plan = planOfRun(turn.execution, run);
  const mapping = planOfPhase(plan, undone)?.mapping ?? null;
  if (mapping === null) return false;
  const earlier = run.phases.filter(
    (phase) => phase.kind === 'ROLLBACK' && planOfPhase(plan, phase)?.mapping === mapping,
  );
  return earlier.some((phase) => tookBackAll(plan, run, phase));
}

/** One that was skipped takes nothing from it; one that failed, or was never reached, does. */
function tookBackAll(plan: RunPlan, run: Run, phase: Phase): boolean {
  const done = sectionsOf(plan, run, phase).flatMap((section) => {
    const its = phase.sections.find((each) => each.planId === section.id);
    const all = section.steps.filter((step) => step.rollsBackAll === true);
    return all.map(({ id }) => its?.steps.find((step) => step.planId === id)?.status);
  });
  return done.includes('SUCCESS') && done.every((status) => status === 'SUCCESS' || status === 'SKIPPED');
}

function resultOf(run: Run): NonNullable<Rollback['result']> {
  const phases = run.phases.filter((phase) => phase.kind === 'ROLLBACK');
  const failed = phases.filter((phase) => phase.status !== 'SUCCESS' && phase.status !== 'SKIPPED');
  // Without a step that ran nothing was put back, whatever had been changed.
  if (phases.every((phase) => phase.status === 'SKIPPED')) return 'NOTHING';
  if (failed.length === 0) return 'SUCCESS';
  return failed.length === phases.length ? 'FAILED' : 'PARTIAL';
}
