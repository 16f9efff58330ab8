/** What may begin when: not while it is paused, not before its turn, not before everybody has come; and no answer twice. */
import { isFailed, isTerminal } from '@fairlead/proto/model/status.ts';
import type { Event } from '../../../control-plane/engine/events.ts';
import type { Execution, Run, Step } from '../../../control-plane/engine/execution.ts';
import type { Plan, RunPlan } from '../../../control-plane/engine/plan.ts';
import { findRun, findStep } from '../../../control-plane/engine/tree.ts';
import { firstOf, type JournalInvariant } from './observed.ts';

/** What runs goes on to its end; nothing new begins, but what takes back. */
const pausedBeginsNothing: JournalInvariant = ({ moves }) =>
  firstOf(moves, ({ event, before }) => {
    const begun = before === null || before.pause === null ? null : whatBegins(event);
    if (begun === null || before === null) return null;
    const run = findRun(before, begun);
    if (run === undefined || run.rollback !== null || isBackward(before.plan, run)) return null;
    return `${event.event} of ${begun} while it is paused`;
  });

function whatBegins(event: Event): string | null {
  switch (event.event) {
    case 'RunStarted':
    case 'LockRequested':
      return event.runId;
    case 'PhaseStarted':
      return event.phaseId;
    case 'SectionStarted':
      return event.sectionId;
    case 'StepStarted':
    case 'StepRetried':
      return event.stepId;
    default:
      return null;
  }
}

const isBackward = ({ stages }: Plan, { stageId }: Run): boolean =>
  stages.some(({ id, takesBack }) => id === stageId && takesBack !== undefined);

/** A stage begins when all of those before it have ended, and well. */
const stagesInOrder: JournalInvariant = ({ moves }) =>
  firstOf(moves, ({ event, before }) => {
    const run = event.event === 'RunStarted' && before !== null ? findRun(before, event.runId) : undefined;
    if (run === undefined || before === null || isBackward(before.plan, run)) return null;
    const { stages } = before.plan;
    const earlier = stages.slice(
      0,
      stages.findIndex(({ id }) => id === run.stageId),
    );
    const ids = new Set(earlier.map(({ id }) => id));
    const open = before.runs.find(
      (each) => ids.has(each.stageId) && (!isTerminal(each.status) || isFailed(each.status)),
    );
    return open === undefined ? null : `${run.id} starts, and ${open.id} before it is ${open.status}`;
  });

/** Somebody answers only what is asked, and so only once. */
const answeredOnce: JournalInvariant = ({ moves }) =>
  firstOf(moves, ({ event, before }) => {
    if (event.event !== 'ApprovalAnswered' && event.event !== 'InterventionAnswered') return null;
    const asked = event.event === 'ApprovalAnswered' ? 'APPROVAL' : 'INTERVENTION';
    const waits = before === null ? undefined : findStep(before, event.stepId)?.waiting;
    return waits?.on === asked ? null : `${event.event} of ${event.stepId}, which waits for ${waits?.on ?? 'nothing'}`;
  });

/** Everybody of the stage who has it before them must have come, or come to an end without it. */
const barriersHold: JournalInvariant = ({ moves }) =>
  firstOf(moves, ({ event, before }) => {
    if (event.event !== 'BarrierPassed' || before === null) return null;
    const { stageId, identifier } = event;
    return firstOf(
      before.runs.filter((run) => run.stageId === stageId),
      (run) => (hasCome(before, run, identifier) ? null : `'${identifier}' is passed before ${run.id} has come`),
    );
  });

function hasCome({ plan }: Execution, run: Run, identifier: string): boolean {
  const its = plan.stages.flatMap((stage) => stage.runs).find((each) => each.id === run.planId);
  const stepId = its === undefined ? null : barrierIn(its, identifier);
  if (stepId === null) return its?.deferred !== true || isTerminal(run.status);
  const steps = run.phases.flatMap((phase) => phase.sections.flatMap((section) => section.steps));
  const step = steps.findLast((each) => each.planId === stepId);
  if (step !== undefined) return isThere(step);
  const phase = run.phases.at(-1);
  // Gone past it: its phase had no host left.
  return isTerminal(run.status) ? !isFailed(run.status) : phase?.skipped != null || run.phases.length > 1;
}

const isThere = ({ waiting, status, ignored }: Step): boolean =>
  waiting?.on === 'BARRIER' || status === 'SUCCESS' || status === 'SKIPPED' || ignored;

const barrierIn = ({ pre, phases, post }: RunPlan, identifier: string): string | null => {
  const sections = [
    ...(pre === null ? [] : [pre]),
    ...phases.flatMap((phase) => phase.sections),
    ...(post === null ? [] : [post]),
  ];
  const isIt = (parameters: unknown): boolean =>
    (parameters as { readonly identifier?: string } | null)?.identifier === identifier; // Of a barrier's parameters.
  const step = sections.flatMap((each) => each.steps).find((each) => each.type === 'BARRIER' && isIt(each.parameters));
  return step?.id ?? null;
};

export const ORDER_INVARIANTS: Readonly<Record<string, JournalInvariant>> = {
  'paused-begins-nothing': pausedBeginsNothing,
  'stages-in-order': stagesInOrder,
  'answered-once': answeredOnce,
  'barriers-hold': barriersHold,
};
