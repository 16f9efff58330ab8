import type { Event, EventBody } from './events.ts';
import { evolve } from './evolve.ts';
import type { Execution, Phase, Run } from './execution.ts';
import type { PhasePlan, RunPlan, SectionPlan } from './plan.ts';
import { findPhase, findRun } from './tree.ts';
import { PRE, undoOfPre } from './undo-pre.ts';

/** One decision in the making: the events so far and the state they lead to. Rules read the one and add to the other. */
export class Turn {
  readonly now: number;
  readonly events: Event[] = [];
  #execution: Execution;

  constructor(execution: Execution, now: number, first: readonly Event[] = []) {
    this.#execution = execution;
    this.now = Math.max(now, execution.lastAt);
    this.events.push(...first);
  }

  get execution(): Execution {
    return this.#execution;
  }

  emit(body: EventBody): void {
    const event: Event = { ...body, at: this.now };
    this.#execution = evolve(this.#execution, event);
    this.events.push(event);
  }

  /** Nothing new may begin in the run. What takes back is never paused. */
  isPaused(id: string): boolean {
    return this.#execution.pause !== null && !takesBack(this.#execution, this.run(id));
  }

  /** The run as it is now. */
  run(id: string): Run {
    const run = findRun(this.#execution, id);
    if (run === undefined) throw new Error(`no run ${id}`);
    return run;
  }

  phase(id: string): Phase {
    const phase = findPhase(this.#execution, id);
    if (phase === undefined) throw new Error(`no phase ${id}`);
    return phase;
  }
}

/** It rolls back, or belongs to a stage that was appended to take back another. */
export const takesBack = ({ plan }: Execution, { rollback, stageId }: Run): boolean =>
  rollback !== null || plan.stages.some(({ id, takesBack: other }) => id === stageId && other !== undefined);

export function planOfRun(execution: Execution, run: Run): RunPlan {
  for (const stage of execution.plan.stages) {
    if (stage.id !== run.stageId) continue;
    const found = stage.runs.find((each) => each.id === run.planId);
    if (found !== undefined) return found;
  }
  throw new Error(`no plan for run ${run.id}`);
}

/** Null for the pre- and post-deployment sections, which belong to no phase of the plan. */
export const planOfPhase = (plan: RunPlan, phase: Phase): PhasePlan | null =>
  plan.phases.find((each) => each.id === phase.planId) ?? null;

/** The sections a phase run goes through, in order. */
export function sectionsOf(plan: RunPlan, run: Run, phase: Phase): readonly SectionPlan[] {
  if (phase.kind === 'PRE') return plan.pre === null ? [] : [plan.pre];
  if (phase.kind === 'POST') return plan.post === null ? [] : [plan.post];
  if (phase.planId === PRE) return listOf(undoOfPre(plan, run));
  const phasePlan = planOfPhase(plan, phase);
  if (phasePlan === null) return [];
  if (phase.kind === 'FORWARD') return phasePlan.sections;
  const undone = run.phases.find((each) => each.id === phase.undoes);
  const reached = new Set(undone?.sections.filter((each) => each.status !== 'SKIPPED').map((each) => each.planId));
  return phasePlan.rollback.filter((each) => each.undoes === null || reached.has(each.undoes));
}

const listOf = (section: SectionPlan | null): readonly SectionPlan[] => (section === null ? [] : [section]);
