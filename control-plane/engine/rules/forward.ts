/** The forward path of a run: pre-deployment, lock, phases (a rolling one batch by batch), post-deployment, and what it leaves clean. */
import type { Failure } from '@fairlead/proto/model/failure.ts';
import { isFailed, isTerminal, worst } from '@fairlead/proto/model/status.ts';
import type { Phase, PhaseKind, Run } from '../execution.ts';
import type { PhasePlan, RunPlan } from '../plan.ts';
import { planOfRun } from '../plan-of.ts';
import type { Turn } from '../turn.ts';
import { nextCleanUp, type CleanUp } from './clean-up.ts';
import { holdsLock } from './lock.ts';
import { advancePhase } from './phase.ts';
import { remainingHosts } from './select-nodes.ts';

export function advanceForward(turn: Turn, run: Run): void {
  const last = run.phases.at(-1);
  if (last !== undefined && !isTerminal(last.status)) return advancePhase(turn, run, last);
  const plan = planOfRun(turn.execution, run);
  const started = (kind: PhaseKind): boolean => run.phases.some((phase) => phase.kind === kind);
  if (plan.pre !== null && !started('PRE')) return open(turn, run, 'PRE', 'pre', plan.pre.name, 0);
  if (!holdsLock(turn, run, plan)) return;
  const next = nextPhase(run, plan);
  if (next !== null) return openPhase(turn, run, next);
  if (plan.post !== null && !started('POST')) return open(turn, run, 'POST', 'post', plan.post.name, 0);
  const status = worst(run.phases.map((phase) => phase.status));
  const failed = isFailed(status);
  const cleanUp = failed ? null : nextCleanUp(run, plan);
  if (cleanUp !== null) return openCleanUp(turn, run, cleanUp);
  turn.emit({ event: 'RunEnded', runId: run.id, status, failure: failed ? firstFailure(run) : null });
}

function openPhase(turn: Turn, run: Run, { plan, name, iteration }: Next): void {
  if (turn.isPaused(run.id)) return;
  open(turn, run, 'FORWARD', plan.id, name, iteration);
  const { skipped } = plan;
  const phaseId = `${run.id}/${plan.id}.${iteration}`;
  if (skipped !== undefined) turn.emit({ event: 'PhaseEnded', phaseId, status: 'SKIPPED', skipped });
}

function openCleanUp(turn: Turn, run: Run, { plan, hosts }: CleanUp): void {
  if (turn.isPaused(run.id)) return;
  const { id: planId, service, cleanUp } = plan;
  const phaseId = `${run.id}/${planId}.cleanup`;
  const name = [cleanUp?.name ?? '', service?.name ?? ''].join(' ').trim();
  turn.emit({ event: 'PhaseStarted', phaseId, kind: 'CLEAN_UP', planId, name, iteration: 0, undoes: null, hosts });
}

/** Nothing else tells why a run failed that does not go back: a build, or a rollback of its own (orchestration 10.2). */
const firstFailure = (run: Run): Failure | null =>
  run.phases
    .flatMap((phase) => phase.sections.flatMap((section) => section.steps))
    .find((step) => step.failure !== null && !step.ignored)?.failure ?? null;

function open(turn: Turn, run: Run, kind: PhaseKind, planId: string, name: string, iteration: number): void {
  if (turn.isPaused(run.id)) return;
  turn.emit({
    event: 'PhaseStarted',
    phaseId: `${run.id}/${planId}.${iteration}`,
    kind,
    planId,
    name,
    iteration,
    undoes: null,
    hosts: null,
  });
}

interface Next {
  readonly plan: PhasePlan;
  readonly iteration: number;
  readonly name: string;
}

function nextPhase(run: Run, plan: RunPlan): Next | null {
  const done = run.phases.filter((phase) => phase.kind === 'FORWARD');
  for (const phase of plan.phases) {
    const passes = done.filter((each) => each.planId === phase.id);
    if (passes.length === 0) return { plan: phase, iteration: 0, name: nameOf(phase, 0) };
    if (phase.rolling && hasAnotherBatch(run, plan, phase, passes)) {
      return { plan: phase, iteration: passes.length, name: nameOf(phase, passes.length) };
    }
  }
  return null;
}

const nameOf = (phase: PhasePlan, iteration: number): string =>
  phase.rolling ? `${phase.name} (batch ${iteration + 1})` : phase.name;

/** The pass before must have taken hosts, or it would go on for ever. */
const hasAnotherBatch = (run: Run, runPlan: RunPlan, plan: PhasePlan, passes: readonly Phase[]): boolean =>
  (passes.at(-1)?.hosts?.length ?? 0) > 0 && remainingHosts(run, runPlan, plan).length > 0;
