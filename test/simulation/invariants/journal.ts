/** What holds of every append, whoever made it. */
import { failureType } from '@fairlead/proto/model/failure.ts';
import { isTerminal } from '@fairlead/proto/model/status.ts';
import { ENGINE } from '../../../control-plane/app/engine.ts';
import type { Event, EventKind } from '../../../control-plane/engine/events.ts';
import type { Execution } from '../../../control-plane/engine/execution.ts';
import { planOfStep } from '../../../control-plane/engine/plan-of.ts';
import { findStep, findTask, lastAttempt } from '../../../control-plane/engine/tree.ts';
import { same } from '../same.ts';
import { PLANTED_BUG } from '../trouble.ts';
import { firstOf, type Finding, type JournalInvariant } from './observed.ts';

const journalGapFree: JournalInvariant = ({ record, previous }) =>
  record.seq === (previous?.seq ?? 0) + 1 ? null : `${record.seq} follows ${previous?.seq ?? 'nothing'}`;

/** A driver's turn begins with its own append, and after that nothing of an earlier turn is written. */
const epochsRise: JournalInvariant = ({ record, previous, after, moves }) => {
  if (record.epoch < (previous?.epoch ?? 0)) return `${record.epoch} follows ${previous?.epoch ?? 0}`;
  if (record.epoch !== after.epoch) return `written in epoch ${record.epoch}, while it is epoch ${after.epoch}`;
  return firstOf(moves, ({ event, before }) =>
    event.event === 'DriverChanged' && event.epoch <= (before?.epoch ?? 0)
      ? `${event.driver} took over in epoch ${event.epoch} after ${before?.epoch ?? 0}`
      : null,
  );
};

const nowNeverBack: JournalInvariant = ({ record, previous, before, moves }) => {
  if (record.now < (previous?.now ?? 0)) return `record ${record.seq} is older than the one before`;
  let last = before?.lastAt ?? 0;
  return firstOf(moves, ({ event }) => {
    if (event.at < last) return `${event.event} at ${event.at} follows ${last}`;
    last = event.at;
    return null;
  });
};

/** What may still be written once an execution has ended: how what was begun came to its end. */
const AFTER_THE_END: ReadonlySet<EventKind> = new Set<EventKind>([
  'AttemptEnded',
  'AttemptReleased',
  'AttemptLost',
  'AttemptFound',
  'AttemptCheckpointed',
  'AttemptStarted',
  'CancelRequested',
  'LockReleased',
  'PermitsReleased',
  'HoldWritten',
  'OthersRejected',
  'SummaryWritten',
  'Settled',
  'DriverChanged',
  'InputRejected',
  'Parked',
  'SettledByForce',
]);

const endedIsFinal: JournalInvariant = ({ moves }) =>
  firstOf(moves, ({ event, before, after }) => {
    if (before === null) return null;
    if (before.settled) return `${event.event} after Settled`;
    if (before.endedAt !== null) {
      if (!AFTER_THE_END.has(event.event)) return `${event.event} after the end`;
      if (before.status !== after.status) return `${before.status} became ${after.status}`;
    }
    return firstOf(before.runs, (run) => {
      const now = after.runs.find((each) => each.id === run.id);
      return isTerminal(run.status) && now?.status !== run.status
        ? `run ${run.id} was ${run.status} and became ${now?.status ?? 'nothing'}`
        : null;
    });
  });

const oneLiveAttempt: JournalInvariant = ({ moves }) =>
  firstOf(moves, ({ event, after }) =>
    firstOf(tasksOf(event, after), (task) => {
      const live = task.attempts.filter((attempt) => attempt.state !== 'ENDED');
      return live.length > 1 ? `${live.map((attempt) => attempt.id).join(' and ')} are both alive` : null;
    }),
  );

function tasksOf(event: Event, after: Execution) {
  if ('attemptId' in event) return [findTask(after, event.attemptId)].filter((task) => task !== undefined);
  if (event.event === 'StepRetried') return findStep(after, event.stepId)?.tasks ?? [];
  return [];
}

/** Nobody knows whether it did its work: only what may be done twice is done again. */
const unknownIsNotRetried: JournalInvariant = ({ moves }) =>
  firstOf(moves, ({ event, before, after }) => {
    if (event.event !== 'StepRetried' || before === null || planOfStep(after, event.stepId).idempotent) return null;
    return firstOf(findStep(before, event.stepId)?.tasks ?? [], (task) => {
      const failure = event.targets.includes(task.target) ? lastAttempt(task)?.result?.failure : undefined;
      const unknown = failure !== undefined && failureType(failure) === 'UNKNOWN';
      return unknown ? `${task.id} is tried again, and nobody knows what became of it` : null;
    });
  });

/** The recorded inputs, decided again, lead to the recorded events. */
const replayEqualsRecord: JournalInvariant = ({ before, decisions, moves, record }) => {
  let state = before;
  let folded = 0;
  return firstOf(decisions, ({ input, events }) => {
    const again = ENGINE.decide(state, input, events[0]?.at ?? record.now);
    // What was appended past the engine, which could not decide, stands there as time passing.
    const forced = events.some(({ event }) => event === 'Parked' || event === 'SettledByForce');
    const past = input.input === 'tick' && (forced || state?.parked != null);
    folded += events.length;
    if (events.length > 0) state = moves[folded - 1]?.after ?? null;
    if (past || same(again, events)) return null;
    return `${input.input} was decided as ${kinds(events)}, and again as ${kinds(again)}`;
  });
};

const kinds = (events: readonly Event[]): string => events.map((event) => event.event).join(', ') || 'nothing';

const isPlanted = (reason: string): boolean => reason.includes(PLANTED_BUG) || reason.includes('went down while');

const notBroken = ({ moves }: { readonly moves: readonly { readonly event: Event }[] }): Finding =>
  firstOf(moves, ({ event }) => (event.event === 'Parked' && !isPlanted(event.reason) ? event.reason : null));

export const JOURNAL_INVARIANTS: Readonly<Record<string, JournalInvariant>> = {
  'journal-gap-free': journalGapFree,
  'epochs-rise': epochsRise,
  'now-never-back': nowNeverBack,
  'ended-is-final': endedIsFinal,
  'one-live-attempt': oneLiveAttempt,
  'unknown-is-not-retried': unknownIsNotRetried,
  'replay-equals-record': replayEqualsRecord,
  'nothing-is-broken': notBroken,
};
