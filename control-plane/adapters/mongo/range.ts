import type { Filter } from 'mongodb';
import { successorOf } from '../../ports/order.ts';

/** More than any counter here reaches, and `Number.MAX_SAFE_INTEGER` has sixteen digits. */
const DIGITS = 16;

/** An `_id` that sorts by number within its owner, so that one index is lock, lookup and order. */
export const numberedId = (owner: string, number: number): string => `${owner}:${String(number).padStart(DIGITS, '0')}`;

/** Ids of the owner with numbers greater than `after`; an owner whose id looks like a numbered one needs its own test. */
export const numberedAfter = (owner: string, after: number): { $gt: string; $lt: string } => ({
  $gt: numberedId(owner, after),
  $lt: `${owner};`,
});

/** Ids that start with `prefix` and come after `after`, as a range of the index. */
export function idsFrom(prefix: string, after = ''): Filter<{ _id: string }> {
  const end = successorOf(prefix);
  return { _id: { $gte: prefix, $gt: after, ...(end === null ? {} : { $lt: end }) } };
}
