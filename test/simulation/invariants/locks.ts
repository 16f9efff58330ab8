/** What holds of every change of a lock's document. */
import type { LockState } from '../../../control-plane/app/lock-keeper.ts';
import { firstOf, type Finding, type Observed } from './observed.ts';

export type LockInvariant = (key: string, before: LockState | null, after: LockState, observed: Observed) => Finding;

const lockCapacity: LockInvariant = (key, _before, { holders, capacity }) =>
  holders.length > capacity ? `${key} is held by ${holders.map((each) => each.requestId).join(' and ')}` : null;

const grantsInTicketOrder: LockInvariant = (key, before, after) => {
  const held = new Set(before?.holders.map((each) => each.ticket));
  return firstOf(
    after.holders.filter((each) => !held.has(each.ticket)),
    (granted) => {
      const passedOver = after.queue.find((each) => each.ticket < granted.ticket);
      return passedOver === undefined
        ? null
        : `${key}: ${granted.requestId} was granted before ${passedOver.requestId}`;
    },
  );
};

/** Who lets go, or is made to, has nothing at work any more. */
const nothingRunsUnlocked: LockInvariant = (key, before, after, { effects }) =>
  firstOf(before?.holders ?? [], ({ requestId }) => {
    if (after.holders.some((each) => each.requestId === requestId)) return null;
    const running = effects.find((each) => each.endedAt === null && each.work.startsWith(`${requestId}/`));
    return running === undefined
      ? null
      : `${key} leaves ${requestId}, and ${running.work} still runs on ${running.host}`;
  });

export const LOCK_INVARIANTS: Readonly<Record<string, LockInvariant>> = {
  'lock-capacity': lockCapacity,
  'grants-in-ticket-order': grantsInTicketOrder,
  'no-work-without-lock': nothingRunsUnlocked,
};
