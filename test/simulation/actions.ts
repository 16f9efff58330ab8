/** What people may do to an execution, each through the use case that the API and the page call. */
import type { Actor } from '../../control-plane/app/authorize.ts';
import type { UseCases } from '../../control-plane/app/use-cases.ts';
import type { Attempt, Execution, Step } from '../../control-plane/engine/execution.ts';
import type { Plan } from '../../control-plane/engine/plan.ts';
import { openAttempts } from '../../control-plane/engine/open-attempts.ts';
import { asksForInputs } from '../../control-plane/engine/rules/late-planning.ts';
import { waitingSteps } from '../../control-plane/engine/rules/waiting.ts';
import { planOfRun } from '../../control-plane/engine/plan-of.ts';
import { APPROVAL_ANSWERS, INTERVENTIONS } from '../../control-plane/engine/waiting.ts';
import type { Dice } from './dice.ts';

/** Asks one control plane; the same however often it is asked. */
export type Request = (at: { readonly useCases: UseCases; start(plan: Plan): Promise<unknown> }) => Promise<unknown>;

/** `execution`: as it stands when somebody makes up their mind. */
type Action = (execution: Execution, dice: Dice) => Request;

const ANN: Actor = { id: 'u-ann', name: 'ann', kind: 'USER', rights: ['*'] };
const reason = 'wanted so';
/** Of what the definitions know, and of what they do not. */
const ANY_VALUE = ['qa', 'lab', 'prod', 'eu', 'us', 'nowhere'];

export const startOf =
  (plan: Plan): Request =>
  ({ start }) =>
    start(plan);

export const deploymentOf =
  ({
    name,
    variables,
    key,
  }: {
    readonly name: string;
    readonly variables: Readonly<Record<string, string>>;
    readonly key: string;
  }): Request =>
  ({ useCases }) =>
    useCases.deploy(ANN, { name, variables, artifacts: {}, idempotencyKey: key });

/** Of the first approval that waits. */
export function rejectionOf(execution: Execution): Request {
  const waiting = execution.runs.flatMap(waitingSteps).find((step) => step.waiting.on === 'APPROVAL');
  const step = waiting?.id ?? `${execution.id}/nowhere`;
  return ({ useCases }) =>
    useCases.answerApproval(ANN, execution.id, { step, answer: 'REJECT', comment: reason, variables: {} });
}

export const ACTIONS = {
  'start again': ({ plan }) => startOf(plan),
  abort:
    ({ id }) =>
    ({ useCases }) =>
      useCases.abort(ANN, id, reason),
  'abort a run': (execution, dice) => {
    const run = anyRun(execution, dice);
    return ({ useCases }) => useCases.abort(ANN, execution.id, reason, run);
  },
  pause:
    ({ id }) =>
    ({ useCases }) =>
      useCases.pause(ANN, id, reason),
  resume:
    ({ id }) =>
    ({ useCases }) =>
      useCases.resume(ANN, id),
  intervene: (execution, dice) => {
    const step = aStep(execution, dice, 'INTERVENTION');
    const action = dice.pick(INTERVENTIONS);
    return ({ useCases }) => useCases.intervene(ANN, execution.id, { step, action, reason });
  },
  approve: (execution, dice) => {
    const step = aStep(execution, dice, 'APPROVAL');
    const answer = dice.pick(['APPROVE', 'APPROVE', 'APPROVE', ...APPROVAL_ANSWERS] as const);
    return ({ useCases }) =>
      useCases.answerApproval(ANN, execution.id, { step, answer, comment: reason, variables: {} });
  },
  'give inputs': (execution, dice) => {
    const asking = execution.runs.filter(asksForInputs);
    const run = asking.length > 0 ? dice.pick(asking) : execution.runs[0];
    const asked = run === undefined ? [] : (planOfRun(execution, run).inputs?.variables ?? []);
    const values = Object.fromEntries(
      asked.map(({ name, values: all }) => [name, dice.pick(all.length > 0 ? all : ANY_VALUE)]),
    );
    return ({ useCases }) => useCases.giveInputs(ANN, execution.id, { run: run?.id ?? 'none', values });
  },
  'roll back':
    ({ id }) =>
    ({ useCases }) =>
      useCases.rollback(ANN, id, reason),
  'roll back a run': (execution, dice) => {
    const run = anyRun(execution, dice);
    return ({ useCases }) => useCases.rollback(ANN, execution.id, reason, run);
  },
  'say what became of an attempt': (execution, dice) => {
    const attempt = lost(execution, dice);
    const outcome = dice.pick(['SUCCESS', 'FAILED'] as const);
    return ({ useCases }) => useCases.resolveUnknown(ANN, attempt, outcome, reason);
  },
  'settle by force':
    ({ id }) =>
    async ({ useCases }) => {
      const { unconfirmed } = await useCases.getForcedSettlement(ANN, id);
      return useCases.settleByForce(ANN, id, { reason, unconfirmed });
    },
  'go on with the pipeline':
    ({ id }) =>
    ({ useCases }) =>
      useCases.resumePipeline(ANN, id, undefined),
  'run it again':
    ({ id }) =>
    ({ useCases }) =>
      useCases.rerun(ANN, id, {}),
} satisfies Readonly<Record<string, Action>>;

export type ActionName = keyof typeof ACTIONS;

const anyRun = ({ runs }: Execution, dice: Dice): string => dice.pick(runs).id;

/** One that waits so, or just any: then it is refused. */
function aStep(execution: Execution, dice: Dice, on: 'INTERVENTION' | 'APPROVAL'): string {
  const waiting = execution.runs.flatMap(waitingSteps).filter((step) => step.waiting.on === on);
  if (waiting.length > 0) return dice.pick(waiting).id;
  const steps: readonly Step[] = stepsOf(execution);
  return steps.length > 0 ? dice.pick(steps).id : `${execution.id}/nowhere`;
}

/** Of an attempt that nobody hears of, the truth is not known; of any other it is not asked. */
function lost(execution: Execution, dice: Dice): string {
  const unknown = execution.runs.flatMap(openAttempts).filter((each) => each.state === 'UNKNOWN');
  const all: readonly Attempt[] =
    unknown.length > 0 ? unknown : stepsOf(execution).flatMap((step) => step.tasks.flatMap((task) => task.attempts));
  return all.length > 0 ? dice.pick(all).id : `${execution.id}/nowhere@-#1`;
}

export const stepsOf = ({ runs }: Execution): readonly Step[] =>
  runs.flatMap((run) => run.phases.flatMap((phase) => phase.sections.flatMap((section) => section.steps)));
