/** Starting a step, and ending it once every target has succeeded. What follows a failure is `outcome.ts`. */
import { evaluateCondition } from '@fairlead/proto/expressions/index.ts';
import { failure, type Failure } from '@fairlead/proto/model/failure.ts';
import { isTerminal } from '@fairlead/proto/model/status.ts';
import type { Phase, Section, Step } from '../execution.ts';
import type { PhasePlace, StepPlace } from '../place.ts';
import type { StepPlan } from '../plan.ts';
import { scopeOfPhase } from '../scope.ts';
import { ON_AGENT, tryTask } from '../task.ts';
import { isToStartAgain } from '../nodes.ts';
import { lastAttempt } from '../tree.ts';
import { planOfPhase, planOfRun, planOfStep, stepPlanOf } from '../plan-of.ts';
import type { Turn } from '../turn.ts';
import { askForApproval } from './approval.ts';
import { arrive } from './barrier.ts';
import { collect } from './collect.ts';
import { failStep } from './fail-step.ts';
import { provideHosts } from './provide-hosts.ts';
import { publishOutputs } from './publish.ts';
import { askForPermits } from './permits.ts';
import { goesBack } from './goes-back.ts';
import { judgeScriptApproval } from './script-approval.ts';
import { allHosts, noHosts, selectNodes } from './select-nodes.ts';
import { selectorsFor } from './selectors.ts';
import { touchedByAll } from './touched.ts';
import { APPROVAL, BARRIER, RESOURCE_CONSTRAINT, SELECT_NODES } from '../step-kinds.ts';

export function advanceStep(turn: Turn, place: StepPlace): void {
  const step = place.section.steps.find((each) => each.planId === place.plan.id);
  if (step === undefined) return startStep(turn, place);
  // What has failed is judged with its group.
  if (isTerminal(step.status) || step.waiting !== null || step.failure !== null) return;
  if (isToStartAgain(step)) return startStep(turn, place);
  if (judgeScriptApproval(turn, place, step)) return;
  if (step.tasks.every((task) => lastAttempt(task)?.result?.outcome === 'SUCCESS')) return succeed(turn, place, step);
}

function startStep(turn: Turn, place: StepPlace): void {
  if (turn.isPaused(place.run.id)) return;
  const { plan } = place;
  const skip = skipReason(turn, place);
  if (skip !== null) return typeof skip === 'string' ? endStep(turn, place, null, skip) : endStep(turn, place, skip);
  if (turn.now < earliestStart(place.section, plan, place.group)) return;
  if (plan.type === SELECT_NODES) return select(turn, place);
  if (plan.type === APPROVAL) return askForApproval(turn, place, idOf(place));
  if (plan.type === BARRIER) return arrive(turn, idOf(place), plan);
  if (plan.type === RESOURCE_CONSTRAINT) return askForPermits(turn, place, idOf(place));
  const targets = targetsOf(turn, place);
  if (targets.length === 0) return endWithoutHost(turn, place);
  const impossible = problems(turn, place, targets);
  if (impossible !== null) return endStep(turn, place, impossible);
  const selectors = selectorsFor(turn, place);
  if (selectors !== null && 'code' in selectors) return endStep(turn, place, selectors);
  turn.emit({ event: 'StepStarted', stepId: idOf(place), targets, ...(selectors === null ? {} : { selectors }) });
}

const idOf = ({ section, plan }: StepPlace): string => `${section.id}/${plan.id}`;

function endStep(turn: Turn, place: StepPlace, problem: Failure | null, skipped: string | null = null): void {
  if (problem !== null) return failStep(turn, idOf(place), problem);
  const status = skipped !== null ? 'SKIPPED' : 'SUCCESS';
  turn.emit({ event: 'StepEnded', stepId: idOf(place), status, failure: null, skipped });
}

/** A rollback goes to the hosts that were changed, and there may be none (10.1). */
function endWithoutHost(turn: Turn, place: StepPlace): void {
  if (goesBack(turn.execution, place.run, place.phase)) return endStep(turn, place, null, 'no host was changed');
  // Its selection found nobody, which is no mistake: earlier phases took them all.
  if (place.phase.hosts?.length === 0) return endStep(turn, place, null, 'no host is left for this phase');
  const plan = planOfPhase(planOfRun(turn.execution, place.run), place.phase);
  const none = plan?.hostsFrom !== undefined && plan.hosts.length === 0;
  endStep(turn, place, none ? noHosts(plan) : failure('NO_HOSTS', 'no host is selected'));
}

/** Why the step is skipped, a failure when that cannot be told, null when it is not. */
function skipReason(turn: Turn, place: StepPlace): string | Failure | null {
  const { run, phase, plan } = place;
  const phasePlan = planOfPhase(planOfRun(turn.execution, run), phase);
  if (plan.artifact === 'rollback' && phasePlan?.rollbackArtifact == null) {
    return 'there is no earlier successful deployment to go back to';
  }
  return skippedBy(turn, place, skipOfSection(turn, place)) ?? skippedBy(turn, place, plan.skip);
}

/** Looked at when the section opened; again only for a step that is tried again, which may have failed of it. */
function skipOfSection(turn: Turn, place: StepPlace): string | null {
  const isAgain = place.section.steps.some((each) => each.planId === place.plan.id);
  return isAgain ? planOfStep(turn.execution, idOf(place)).of.section.skip : null;
}

/** The condition itself when it is true; a failure when that cannot be told. */
export function skippedBy(turn: Turn, { run, phase }: PhasePlace, skip: string | null): string | Failure | null {
  if (skip === null) return null;
  const condition = evaluateCondition(skip, scopeOfPhase(turn.execution, run, phase));
  if (!condition.ok) return condition.failures[0] ?? failure('EXPRESSION', 'the skip condition cannot be evaluated');
  return condition.value ? skip : null;
}

/** The wait interval counts from the end of what ran before its group, or from the start of the section. */
export function earliestStart(section: Section, plan: StepPlan, group: readonly StepPlan[]): number {
  const ends = section.steps
    .filter((step) => group.every((each) => each.id !== step.planId))
    .flatMap((step) => step.endedAt ?? []);
  return Math.max(section.notBefore, ...ends) + plan.waitMs;
}

function select(turn: Turn, place: StepPlace): void {
  const runPlan = planOfRun(turn.execution, place.run);
  const phasePlan = planOfPhase(runPlan, place.phase);
  if (phasePlan === null)
    return endStep(turn, place, failure('NO_HOSTS', 'there is no infrastructure outside a phase'));
  const where = scopeOfPhase(turn.execution, place.run, place.phase);
  const selection = selectNodes(place.run, runPlan, phasePlan, place.plan, where);
  if (!selection.ok) return endStep(turn, place, selection.failure);
  if (selection.hosts.length === 0 && place.group.length === 1) return skipPhase(turn, place, selection.why);
  turn.emit({ event: 'HostsSelected', phaseId: place.phase.id, hosts: selection.hosts });
  endStep(turn, place, null);
}

/** No host is left for it: the phase ends here, and the next one has its turn. */
function skipPhase(turn: Turn, place: StepPlace, why: string): void {
  const { phase, section } = place;
  endStep(turn, place, null, why);
  turn.emit({ event: 'SectionEnded', sectionId: section.id, status: 'SKIPPED' });
  turn.emit({ event: 'PhaseEnded', phaseId: phase.id, status: 'SKIPPED', skipped: why });
}

function targetsOf(turn: Turn, { run, phase, plan }: StepPlace): readonly string[] {
  if (plan.runs !== 'hosts') return [ON_AGENT];
  const runPlan = planOfRun(turn.execution, run);
  if (plan.rollsBackAll === true && phase.kind === 'ROLLBACK') return touchedByAll(runPlan, run, phase);
  const hosts = phase.hosts ?? (hasSelectedNobody(turn, phase) ? [] : allHosts(planOfPhase(runPlan, phase)));
  const dropped = new Set(phase.dropped);
  return hosts.filter((host) => !dropped.has(host));
}

/** Its selection was skipped, or failed and was passed over: whoever asked for some hosts never meant all of them. */
const hasSelectedNobody = (turn: Turn, phase: Phase): boolean =>
  phase.sections
    .flatMap((section) => section.steps)
    .some(({ id }) => stepPlanOf(turn.execution, id).type === SELECT_NODES);

/** Everything that cannot be resolved at any target, told once. */
function problems(turn: Turn, place: StepPlace, targets: readonly string[]): Failure | null {
  const messages = new Map<string, Failure>();
  for (const target of targets) {
    const made = tryTask(turn.execution, idOf(place), target);
    if (made.ok) continue;
    for (const each of made.failures) messages.set(each.message, each);
  }
  const [first, ...others] = messages.values();
  if (first === undefined) return null;
  return others.length === 0 ? first : { ...first, message: [...messages.keys()].join('; ') };
}

function succeed(turn: Turn, place: StepPlace, step: Step): void {
  endStep(
    turn,
    place,
    collect(turn, place.plan, step) ?? publishOutputs(turn, step.id) ?? provideHosts(turn, place, step),
  );
}
