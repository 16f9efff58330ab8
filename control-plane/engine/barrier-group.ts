/**
 * Who meets at a barrier, and how far each has come (orchestration 7.2): a function of the state. The group is the runs
 * of one stage that have a barrier of that identifier; a standalone run is a group of one.
 */
import { barrierParameters } from '@fairlead/proto/steps/flow.ts';
import { isFailed, isTerminal } from '@fairlead/proto/model/status.ts';
import type { Execution, Run, Step } from './execution.ts';
import { once } from './once.ts';
import type { RunPlan, SectionPlan, StepPlan } from './plan.ts';
import { BARRIER } from './step-kinds.ts';
import { nameOfRun, planOfRun } from './plan-of.ts';

export interface Participant {
  readonly run: Run;
  readonly name: string;
  /**
   * AWAITED: on its way; in a retry or while a person decides, too. ARRIVED: waits there. GONE: it will not come, and
   * that fails nobody (skipped, or ended well without it). FAILED: it will not come because it failed.
   */
  readonly state: 'AWAITED' | 'ARRIVED' | 'GONE' | 'FAILED';
  /** Where it waits. */
  readonly step: Step | null;
}

/** Null for any other step, and for one that cannot be read. */
export function identifierOf(step: StepPlan): string | null {
  if (step.type !== BARRIER) return null;
  const parsed = barrierParameters.safeParse(step.parameters);
  return parsed.success ? parsed.data.identifier : null;
}

interface PathInPlan {
  readonly phase: string;
  readonly section: string;
  readonly step: string;
}

/** Identifier → where its barrier stands. There is one in a workflow that was checked. */
export const barriersOf = once((plan: RunPlan): ReadonlyMap<string, PathInPlan> => {
  const found = new Map<string, PathInPlan>();
  const look = (phase: string, section: SectionPlan | null): void => {
    if (section === null) return;
    for (const step of section.steps) {
      const identifier = identifierOf(step);
      if (identifier !== null) found.set(identifier, { phase, section: section.id, step: step.id });
    }
  };
  look('pre', plan.pre);
  for (const phase of plan.phases) for (const section of phase.sections) look(phase.id, section);
  look('post', plan.post);
  return found;
});

export function groupAt(execution: Execution, stageId: string, identifier: string): readonly Participant[] {
  return execution.runs
    .filter((run) => run.stageId === stageId)
    .flatMap((run): readonly Participant[] => {
      const plan = planOfRun(execution, run);
      const place = barriersOf(plan).get(identifier);
      if (place === undefined) {
        // Not planned yet, it may still turn out to be one of them.
        const isOpen = plan.deferred === true && !isTerminal(run.status);
        return isOpen ? [{ run, name: nameOfRun(plan), state: 'AWAITED', step: null }] : [];
      }
      const step = stepAt(run, place);
      const state = stateOf(run, step, step === null && isPast(run, place));
      return [{ run, name: nameOfRun(plan), state, step: state === 'ARRIVED' ? step : null }];
    });
}

/** In a rolling phase, the one of the newest batch that came so far. */
function stepAt(run: Run, place: PathInPlan): Step | null {
  for (const phase of run.phases.toReversed()) {
    if (phase.kind === 'ROLLBACK' || phase.planId !== place.phase) continue;
    const section = phase.sections.find((each) => each.planId === place.section);
    const step = section?.steps.find((each) => each.planId === place.step);
    if (step !== undefined) return step;
  }
  return null;
}

/** It went through the phase without coming to its barrier: no host was left for it. */
const isPast = (run: Run, { phase: planId }: PathInPlan): boolean => {
  const phase = run.phases.findLast((each) => each.planId === planId);
  return phase !== undefined && isTerminal(phase.status) && !isFailed(phase.status);
};

function stateOf(run: Run, step: Step | null, isPastIt: boolean): Participant['state'] {
  const passedBy = step !== null && (step.ignored || step.status === 'SKIPPED' || step.status === 'SUCCESS');
  if (passedBy) return 'GONE';
  if (run.abort !== null || run.rollback !== null || isFailed(run.status)) return 'FAILED';
  if (isTerminal(run.status) || isPastIt) return 'GONE';
  return step?.waiting?.on === 'BARRIER' ? 'ARRIVED' : 'AWAITED';
}
