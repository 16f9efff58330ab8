/** Rollback (orchestration 10): executed phases newest first, each on the hosts that were touched in it. */
import { failure, type Failure } from '@fairlead/proto/model/failure.ts';
import { isTerminal } from '@fairlead/proto/model/status.ts';
import type { Attempt, Phase, Rollback, Run } from '../execution.ts';
import type { Input } from '../inputs.ts';
import type { RunPlan } from '../plan.ts';
import { planOfPhase, planOfRun, type Turn } from '../turn.ts';
import { cancelOpenAttempts } from './abort.ts';
import { closeOpenNodes } from './close.ts';
import { openAttempts } from './expire.ts';
import { advancePhase } from './phase.ts';
import { allHosts } from './select-nodes.ts';

/** On request, of what runs: stops the forward path first. */
export function requestRollback(turn: Turn, input: Extract<Input, { input: 'rollback' }>): void {
  const runs = turn.execution.runs.filter((run) => input.runId === undefined || run.id === input.runId);
  const refuse = (why: string): void =>
    turn.emit({ event: 'InputRejected', input: 'rollback', failure: failure('ILLEGAL_STATE', why) });
  const open = runs.filter((run) => !isTerminal(run.status));
  const ready = open.filter((run) => run.startedAt !== null && run.abort === null && run.rollback === null);
  if (runs.length === 0) return refuse(`there is no run ${input.runId ?? ''} in it`);
  if (open.length === 0) return refuse('it has ended already');
  if (ready.length === 0 && open.some((run) => run.abort !== null)) return refuse('it is being aborted');
  if (ready.length === 0 && open.some((run) => run.rollback !== null)) return refuse('it is rolling back already');
  if (ready.length === 0) return refuse('it has not started yet');
  for (const run of ready) {
    const why = failure('CANCELED', input.reason === '' ? `rolled back by ${input.actor}` : input.reason);
    startRollback(turn, run, { cause: null, actor: input.actor, scope: 'WORKFLOW', failure: why });
    cancelOpenAttempts(turn, turn.run(run.id), why.message);
  }
}

export function startRollback(
  turn: Turn,
  run: Run,
  why: Pick<Rollback, 'cause' | 'actor' | 'scope'> & { readonly failure: Failure },
): void {
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
  const next = nextToUndo(planOfRun(turn.execution, run), run);
  if (next !== null) return open(turn, next.phase, next.hosts);
  const result = resultOf(run);
  turn.emit({ event: 'RollbackEnded', runId: run.id, result });
  turn.emit({ event: 'RunEnded', runId: run.id, status: 'FAILED', failure: null });
}

function open(turn: Turn, undone: Phase, hosts: readonly string[]): void {
  turn.emit({
    event: 'PhaseStarted',
    phaseId: `${undone.id}.rollback`,
    kind: 'ROLLBACK',
    planId: undone.planId,
    name: `Rollback ${undone.name}`,
    iteration: undone.iteration,
    undoes: undone.id,
    hosts,
  });
}

/** The newest executed phase that was touched and is not undone yet. */
function nextToUndo(plan: RunPlan, run: Run): { readonly phase: Phase; readonly hosts: readonly string[] } | null {
  const undone = new Set(run.phases.map((phase) => phase.undoes));
  const candidates = run.phases.filter((phase) => phase.kind === 'FORWARD').toReversed();
  // With the scope of a phase only the failing one goes back; earlier ones stay as deployed.
  for (const phase of run.rollback?.scope === 'PHASE' ? candidates.slice(0, 1) : candidates) {
    if (undone.has(phase.id)) continue;
    const touched = touchedTargets(phase);
    const hosts = phase.hosts ?? allHosts(planOfPhase(plan, phase));
    if (touched.size > 0) return { phase, hosts: hosts.filter((host) => touched.has(host)) };
  }
  return null;
}

/** Targets where something was, or may have been, changed. A host nobody reached needs no rollback (10.1). */
function touchedTargets(phase: Phase): ReadonlySet<string> {
  const tasks = phase.sections.flatMap((section) => section.steps.flatMap((step) => step.tasks));
  return new Set(tasks.filter((task) => task.attempts.some(mayHaveTouched)).map((task) => task.target));
}

const mayHaveTouched = (attempt: Attempt): boolean =>
  attempt.startedAt !== null && (attempt.result === null || attempt.result.touched);

function resultOf(run: Run): 'SUCCESS' | 'PARTIAL' | 'FAILED' | 'NOTHING' {
  const phases = run.phases.filter((phase) => phase.kind === 'ROLLBACK');
  const failed = phases.filter((phase) => phase.status !== 'SUCCESS' && phase.status !== 'SKIPPED');
  if (phases.length === 0) return 'NOTHING';
  if (failed.length === 0) return 'SUCCESS';
  return failed.length === phases.length ? 'FAILED' : 'PARTIAL';
}
