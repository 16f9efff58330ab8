/** What holds of every change of a lock's document. */
import type { LockState } from '../../../control-plane/app/lock-keeper.ts';
import { same } from '../same.ts';
import { firstOf, isAtWork, type Finding, type Observed } from './observed.ts';

export type LockInvariant = (key: string, before: LockState | null, after: LockState, observed: Observed) => Finding;

const lockCapacity: LockInvariant = (key, _before, { holders, capacity }) => {
  const held = holders.reduce((sum, { permits = 1 }) => sum + permits, 0);
  const names = holders.map((each) => each.requestId).join(' and ');
  return held > capacity ? `${held} of ${capacity} of ${key} are held, by ${names}` : null;
};

/** Where the first that fits is served, who is passed over must not have fitted. */
const grantsInTicketOrder: LockInvariant = (key, before, after) => {
  const free = after.capacity - after.holders.reduce((sum, { permits = 1 }) => sum + permits, 0);
  const held = new Set(before?.holders.map((each) => each.ticket));
  return firstOf(
    after.holders.filter((each) => !held.has(each.ticket)),
    (granted) => {
      const passedOver = after.queue.find(
        ({ ticket, permits = 1 }) =>
          ticket < granted.ticket && (after.strategy !== 'ASAP' || permits <= free + (granted.permits ?? 1)),
      );
      return passedOver === undefined
        ? null
        : `${key}: ${granted.requestId} was granted before ${passedOver.requestId}`;
    },
  );
};

/** Who lets go, or is made to, has nothing at work any more but provisioners, which work without it, too. */
const nothingRunsUnlocked: LockInvariant = (key, before, after, observed) =>
  firstOf(before?.holders ?? [], ({ requestId, executionId }) => {
    // Settled while it worked: an operator has answered for that.
    if (observed.journals.execution(executionId)?.settled === true) return null;
    if (after.holders.some((each) => each.requestId === requestId)) return null;
    const needsIt = (work: string): boolean =>
      work.startsWith(`${requestId}/`) && !work.startsWith(`${requestId}/pre.`);
    const running = observed.effects.find((each) => needsIt(each.work) && isAtWork(each, observed));
    return running === undefined
      ? null
      : `${key} leaves ${requestId}, and ${running.work} still runs on ${running.host}`;
  });

/** Whoever is next and fits has it at once: nobody waits before something that is free. */
const roomIsGiven: LockInvariant = (key, _before, { capacity, holders, queue }) => {
  const free = capacity - holders.reduce((sum, { permits = 1 }) => sum + permits, 0);
  const [next] = queue;
  return next === undefined || (next.permits ?? 1) > free
    ? null
    : `${next.requestId} waits for ${key}, of which ${free} are free`;
};

/** Whoever waits for it, or has it, has nothing to write until somebody comes or goes. */
const writtenForAReason: LockInvariant = (key, before, after) =>
  before !== null && same(undated(before), undated(after)) ? `${key} is written, and nothing of it has changed` : null;

const undated = ({ holders, queue, ...more }: LockState): object => {
  const places = [...holders, ...queue].map(({ requestId, ticket, permits }) => ({ requestId, ticket, permits }));
  return { ...more, held: holders.length, places };
};

export const LOCK_INVARIANTS: Readonly<Record<string, LockInvariant>> = {
  'lock-capacity': lockCapacity,
  'grants-in-ticket-order': grantsInTicketOrder,
  'room-is-given': roomIsGiven,
  'no-work-without-lock': nothingRunsUnlocked,
  'waiting-costs-no-writes': writtenForAReason,
};
