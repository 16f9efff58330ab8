/** What the journal says about hosts is what happened there. */
import { executionOf, taskOf } from '@fairlead/proto/model/ids.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { EventOf } from '../../../control-plane/engine/events.ts';
import type { Execution, Phase, Run } from '../../../control-plane/engine/execution.ts';
import { PRE } from '../../../control-plane/engine/undo-pre.ts';
import { findPhase, findRun } from '../../../control-plane/engine/tree.ts';
import type { Effect, Visit } from '../target-world.ts';
import {
  attemptIn,
  firstOf,
  isAtWork,
  isSaidByPerson,
  type Finding,
  type JournalInvariant,
  type Observed,
} from './observed.ts';

const resultIsTrue: JournalInvariant = ({ moves }, observed) =>
  firstOf(moves, ({ event }) => {
    if (event.event !== 'AttemptEnded') return null;
    const wrong = contradiction(event.result, observed.effect(event.attemptId));
    return wrong === null ? null : `${event.attemptId} ended as ${event.result.outcome}, ${wrong}`;
  });

function contradiction(result: AttemptResult, effect: Effect | undefined): Finding {
  if (isSaidByPerson(result)) return null;
  if (!result.touched && effect !== undefined) return `untouched, but ${effect.host} was touched`;
  if (result.outcome === 'SUCCESS') return effect?.endedAt == null || effect.killed ? 'but it did not succeed' : null;
  const unknown = result.failure?.code === 'OUTCOME_UNKNOWN' || result.failure?.details?.['confirmed'] === false;
  if (unknown || (result.outcome === 'CANCELED' && result.confirmed !== true)) return null;
  return effect !== undefined && effect.endedAt === null ? `but it still runs on ${effect.host}` : null;
}

/** Phases are undone newest first, none that was touched is left out, and on every host that was. */
const rollbackInOrder: JournalInvariant = ({ moves }, observed) =>
  firstOf(moves, ({ event, before }) => {
    if (before === null) return null;
    if (event.event === 'PhaseStarted' && event.kind === 'ROLLBACK') return outOfOrder(before, event, observed);
    return event.event === 'RollbackEnded' ? leftOut(before, event, observed) : null;
  });

function outOfOrder(before: Execution, event: EventOf<'PhaseStarted'>, observed: Observed): Finding {
  const run = findRun(before, event.phaseId);
  const undone = run?.phases.find((phase) => phase.id === event.undoes);
  if (run === undefined || undone === undefined) return `${event.phaseId} undoes nothing`;
  // What was provisioned goes back before the phases, or after them.
  if (undone.kind === 'PRE') return null;
  const newer = touchedPhases(run, observed).find((phase) => run.phases.indexOf(phase) > run.phases.indexOf(undone));
  if (newer !== undefined) return `${undone.id} is undone before ${newer.id}`;
  const missed = hostsTouched(undone, observed).filter((host) => event.hosts?.includes(host) === false);
  return missed.length > 0 ? `${undone.id} is not undone on ${missed.join(', ')}` : null;
}

function leftOut(before: Execution, { runId }: EventOf<'RollbackEnded'>, observed: Observed): Finding {
  const run = findRun(before, runId);
  if (run === undefined || run.abort !== null || run.rollback?.scope !== 'WORKFLOW') return null;
  const [left] = touchedPhases(run, observed);
  return left === undefined ? null : `${left.id} was touched and is not undone`;
}

/** Forward phases with hosts that were touched and that no rollback phase undoes so far. */
function touchedPhases(run: Run, observed: Observed): readonly Phase[] {
  const undone = new Set(run.phases.map((phase) => phase.undoes));
  return run.phases.filter(
    (phase) => phase.kind === 'FORWARD' && !undone.has(phase.id) && hostsTouched(phase, observed).length > 0,
  );
}

const hostsTouched = (phase: Phase, { effects }: Observed): readonly string[] => [
  ...new Set(
    effects
      .filter((effect) => effect.work.startsWith(`${phase.id}/`) && !effect.work.includes('@-'))
      .map((effect) => effect.host),
  ),
];

export const TRUTH_INVARIANTS: Readonly<Record<string, JournalInvariant>> = {
  'result-is-true': resultIsTrue,
  'rollback-undoes-touched-newest-first': rollbackInOrder,
};

/** An agent turns to a host with work: the journal must have allowed it to that agent, and only once. */
export function unlawfulVisit(
  visit: Visit,
  begun: ReadonlySet<string>,
  observed: Observed,
): readonly [string, Finding] {
  const { work, agent, resumed } = visit;
  if (resumed) return ['begun-at-most-once', null];
  if (begun.has(work)) return ['begun-at-most-once', `${work} is begun again, by ${agent}`];
  const attempt = attemptIn(observed, work);
  if (attempt === undefined || attempt.startedAt === null || attempt.state === 'PENDING') {
    return ['nothing-before-started', `${work} is ${attempt?.state ?? 'unknown'} in the journal`];
  }
  const its = attempt.agentId === agent;
  return ['begun-by-the-assigned', its ? null : `${work} is begun by ${agent}, and was given to ${attempt.agentId}`];
}

/** Something begins on a host. */
export function unlawfulEffect(effect: Effect, observed: Observed): readonly (readonly [string, Finding])[] {
  const attempt = attemptIn(observed, effect.work);
  const earlier = observed.effects.filter((each) => each !== effect && each.host === effect.host);
  const sameTask = earlier.filter((each) => taskOf(each.work) === taskOf(effect.work));
  const twice = sameTask.find((each) => each.work === effect.work);
  const overlapping = sameTask.find((each) => isAtWork(each, observed));
  const undone = earlier.find((each) => isAtWork(each, observed) && undoes(observed, effect, each));
  return [
    ['effects-at-most-once', twice === undefined ? null : `${effect.work} took effect twice on ${effect.host}`],
    [
      'attempts-never-overlap',
      overlapping === undefined ? null : `${effect.work} begins while ${overlapping.work} runs`,
    ],
    ['nothing-after-ended', attempt?.state === 'ENDED' ? `${effect.work} takes effect after its end` : null],
    ['undone-is-quiet', undone === undefined ? null : `${effect.work} begins while ${undone.work} runs`],
    ['only-what-was-done-is-undone', undoesNothing(effect, observed)],
    ['no-work-without-lock', workWithoutLock(effect, observed)],
  ];
}

/** A rollback goes to a host that was changed, or may have been. */
function undoesNothing(effect: Effect, { journals, effects }: Observed): Finding {
  const execution = journals.execution(executionOf(effect.work));
  const phase = execution === null ? undefined : findPhase(execution, effect.work);
  const { undoes: undone } = phase ?? { undoes: null };
  if (execution === null || phase?.kind !== 'ROLLBACK' || undone === null || phase.planId === PRE) return null;
  if (effect.work.includes('@-')) return null;
  if (effects.some((each) => each.host === effect.host && each.work.startsWith(`${undone}/`))) return null;
  const tasks =
    findPhase(execution, undone)?.sections.flatMap((section) => section.steps.flatMap((step) => step.tasks)) ?? [];
  const attempts = tasks.filter((task) => task.target === effect.host).flatMap((task) => task.attempts);
  const mayHave = attempts.some(({ startedAt, result }) => startedAt !== null && result?.touched !== false);
  return mayHave ? null : `${effect.work} undoes on ${effect.host} what was never done there`;
}

/** Is the one work of a rollback and the other of what it undoes? */
function undoes({ journals }: Observed, effect: Effect, earlier: Effect): boolean {
  const execution = journals.execution(executionOf(effect.work));
  const phase = execution === null ? undefined : findPhase(execution, effect.work);
  return phase?.kind === 'ROLLBACK' && phase.undoes !== null && earlier.work.startsWith(`${phase.undoes}/`);
}

function workWithoutLock(effect: Effect, observed: Observed): Finding {
  const execution = observed.journals.execution(executionOf(effect.work));
  if (execution === null) return null;
  const run = findRun(execution, effect.work);
  const phase = findPhase(execution, effect.work);
  if (run === undefined || phase === undefined || phase.planId === PRE) return null;
  const keys = execution.plan.stages.flatMap((stage) => stage.runs).find((each) => each.id === run.planId)?.lock?.keys;
  return firstOf(keys ?? [], (key) =>
    observed.lock(key)?.holders.some((holder) => holder.requestId === run.id) === true
      ? null
      : `${effect.work} takes effect without ${key}`,
  );
}
