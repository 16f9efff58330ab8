/** Approvals (orchestration 12): steps that wait for a person, in a workflow or as a stage of a pipeline. */
import { resolveValue } from '@fairlead/proto/expressions/index.ts';
import { failure, type Failure } from '@fairlead/proto/model/failure.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import { isTerminal, type Status } from '@fairlead/proto/model/status.ts';
import { approvalParameters } from '@fairlead/proto/steps/approval.ts';
import type { Execution, Phase, Run, Section, Step } from '../execution.ts';
import type { Input } from '../inputs.ts';
import { gather } from '../gather.ts';
import { once } from '../once.ts';
import type { StepPlace } from '../place.ts';
import { type PlannedStep, planOfRun, planOfStep } from '../plan-of.ts';
import { scopeOfPhase } from '../scope.ts';
import { findRun, findStep } from '../tree.ts';
import type { Turn } from '../turn.ts';
import type { Waiting } from '../waiting.ts';
import { cancelOpenAttempts } from './abort.ts';
import { closeOpenNodes } from './close.ts';
import { goesBack } from './goes-back.ts';
import { publishValues, withoutOutputs } from './publish.ts';
import { startRollback } from './rollback.ts';

/** Begins to wait. */
export function askForApproval(turn: Turn, { run, phase, plan }: StepPlace, stepId: string): void {
  turn.emit({ event: 'StepStarted', stepId, targets: [] });
  const resolved = resolveValue(plan.parameters, scopeOfPhase(turn.execution, run, phase));
  const parsed = resolved.ok ? approvalParameters.safeParse(resolved.value) : null;
  const plain = parsed?.success === true ? plainTexts(parsed.data) : null;
  if (plain === null) {
    const why = resolved.ok
      ? failure('INVALID_INPUT', `the approval '${plan.name}' cannot be asked for: groups and variables are plain text`)
      : (resolved.failures[0] ?? failure('EXPRESSION', `the approval '${plan.name}' cannot be evaluated`));
    return turn.emit({ event: 'StepEnded', stepId, status: 'FAILED', failure: why, skipped: null });
  }
  const since = turn.now;
  turn.emit({
    event: 'StepWaiting',
    stepId,
    waiting: { on: 'APPROVAL', since, until: since + plan.timeoutMs, ...plain },
  });
}

/** Null: there is a secret in it. */
function plainTexts({ groups, inputs }: { readonly groups: readonly unknown[]; readonly inputs: object }): {
  readonly groups: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
} | null {
  const isText = (value: unknown): value is string => typeof value === 'string';
  const entries = Object.entries(inputs).filter((entry): entry is [string, string] => isText(entry[1]));
  if (!groups.every(isText) || entries.length < Object.keys(inputs).length) return null;
  return { groups, variables: Object.fromEntries(entries) };
}

export function answerApproval(turn: Turn, input: Extract<Input, { input: 'approve' }>): void {
  const asked = whatIsAsked(turn.execution, input);
  if (typeof asked === 'string') {
    return turn.emit({ event: 'InputRejected', input: 'approve', failure: failure('ILLEGAL_STATE', asked) });
  }
  const { run, waiting } = asked;
  const { stepId, answer, actor, comment } = input;
  const given = { answer, actor, comment, variables: { ...waiting.variables, ...input.variables } };
  turn.emit({ event: 'ApprovalAnswered', stepId, ...given });
  const missing = publish(turn, stepId, waiting, given);
  if (answer === 'APPROVE') {
    if (missing !== null) return end(turn, run, stepId, 'FAILED', missing);
    return turn.emit({ event: 'StepEnded', stepId, status: 'SUCCESS', failure: null, skipped: null });
  }
  const rejected = failure('REJECTED', comment === '' ? `rejected by ${actor}` : `rejected by ${actor}: ${comment}`);
  const why = withoutOutputs(rejected, missing);
  end(turn, run, stepId, 'REJECTED', why);
  const plan = planOfStep(turn.execution, stepId);
  // Otherwise the failure strategies have their say.
  if (answer !== 'REJECT_AND_ROLLBACK' || goesBack(turn.execution, run, plan.of.phase)) return;
  startRollback(turn, turn.run(run.id), { cause: stepId, actor, scope: 'WORKFLOW', failure: why });
  // What runs beside it is not waited for to its end.
  cancelOpenAttempts(turn, turn.run(run.id), why.message);
}

type Asking = Extract<Waiting, { on: 'APPROVAL' }>;

/** A text: why it cannot be answered. */
function whatIsAsked(
  execution: Execution,
  { stepId, answer, variables }: Extract<Input, { input: 'approve' }>,
): string | { readonly run: Run; readonly waiting: Asking } {
  const run = findRun(execution, stepId);
  const step = findStep(execution, stepId);
  if (run === undefined || step === undefined) return `there is no step ${stepId} in it, or it was not reached yet`;
  if (step.approval !== null)
    return `it was answered already: ${ANSWERED[step.approval.answer]} by ${step.approval.actor}`;
  if (step.status === 'EXPIRED') return 'its time is over: nobody answered until then';
  if (isTerminal(run.status)) return 'it has ended already';
  if (run.abort !== null) return 'it is being aborted';
  const { waiting } = step;
  if (waiting?.on !== 'APPROVAL')
    return `the step '${planOfStep(execution, stepId).name}' does not wait for an approval`;
  if (run.rollback !== null && planOfStep(execution, stepId).of.phase.kind !== 'ROLLBACK') return 'it is rolling back';
  if (answer === 'REJECT_AND_ROLLBACK' && planOfRun(execution, run).type === 'APPROVAL') {
    return 'an approval stage has nothing of its own to roll back: reject it';
  }
  const unknown = Object.keys(variables).filter((name) => !Object.hasOwn(waiting.variables, name));
  if (unknown.length === 0) return { run, waiting };
  const known = Object.keys(waiting.variables).join(', ') || 'none';
  return `the approval has no variable ${unknown.join(', ')}; it has ${known}`;
}

const ANSWERED = { APPROVE: 'approved', REJECT: 'rejected', REJECT_AND_ROLLBACK: 'rejected' } as const;

/** Nobody has answered in time. */
export function expireApproval(turn: Turn, run: Run, stepId: string): void {
  end(turn, run, stepId, 'EXPIRED', failure('EXPIRED', 'nobody approved or rejected in time'));
}

/** A stage ends as its approval does; a step is judged by the strategies of its workflow. */
export function end(turn: Turn, run: Run, stepId: string, status: Status, why: Failure): void {
  turn.emit({ event: 'StepEnded', stepId, status, failure: why, skipped: null });
  if (planOfRun(turn.execution, run).type !== 'APPROVAL') return;
  closeOpenNodes(turn, turn.run(run.id), status);
  turn.emit({ event: 'RunEnded', runId: run.id, status, failure: why });
}

/** What later steps may read of the answer (orchestration 12.6). */
function publish(
  turn: Turn,
  stepId: string,
  waiting: Asking,
  {
    answer,
    actor,
    comment,
    variables,
  }: Pick<Extract<Input, { input: 'approve' }>, 'answer' | 'actor' | 'comment' | 'variables'>,
): Failure | null {
  const { run, runPlan, phase } = planOfStep(turn.execution, stepId).of;
  const values: JsonObject = {
    // Of a stage they are read without `variables`.
    ...(runPlan.type === 'APPROVAL' ? variables : {}),
    variables,
    approvedBy: { name: actor, email: actor.includes('@') ? actor : '' },
    approvedOn: turn.now,
    comments: comment,
    timeoutMillis: waiting.until - waiting.since,
    approvalStateType: 'USER_GROUP',
    approvalStatus: answer === 'APPROVE' ? 'SUCCESS' : 'REJECTED',
    userGroups: waiting.groups.map((group) => ({ name: group })),
  };
  return publishValues(turn, stepId, values, scopeOfPhase(turn.execution, run, phase));
}

/** How a run ends whose failing step was an approval; null: it was another. */
export function endingByApproval(execution: Execution, cause: string | null): Status | null {
  const step = cause === null ? undefined : findStep(execution, cause);
  return step?.status === 'REJECTED' || step?.status === 'EXPIRED' ? step.status : null;
}

const approvedInSection = once((section: Section): readonly Step[] =>
  section.steps.filter(
    ({ approval, status }) => approval?.answer === 'APPROVE' && status === 'SUCCESS' && !approval.othersRejected,
  ),
);
const approved = once((phase: Phase): readonly Step[] => gather(phase.sections, approvedInSection));

/** Approvals after which older executions are to be rejected, and have not been yet (12.7). */
export const stepsRejectingOthers = (execution: Execution, phase: Phase): readonly PlannedStep[] =>
  approved(phase).flatMap((step) => {
    const plan = planOfStep(execution, step.id);
    const parsed = approvalParameters.safeParse(plan.parameters);
    return parsed.success && parsed.data.autoReject ? [plan] : [];
  });

/** Until then it is not settled. */
export const wantsOthersRejected = (execution: Execution): boolean =>
  execution.runs.some((run) => run.phases.some((phase) => stepsRejectingOthers(execution, phase).length > 0));

export const idOfStep = ({ id, of }: PlannedStep): string => `${of.phase.id}/${of.section.id}/${id}`;

export function noteOthersRejected(turn: Turn, stepId: string): void {
  const approval = findStep(turn.execution, stepId)?.approval;
  if (approval != null && !approval.othersRejected) turn.emit({ event: 'OthersRejected', stepId });
}
