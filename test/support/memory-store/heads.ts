import { isSameHead } from '../../../control-plane/ports/heads.ts';
import type { Head, Heads } from '../../../control-plane/ports/heads.ts';
import { checkId } from '../../../control-plane/ports/limits.ts';
import { compareText } from '../../../control-plane/ports/order.ts';
import type { Through } from './call.ts';
import type { MemoryData } from './data.ts';

export function createHeads({ heads }: MemoryData, through: Through): Heads {
  return {
    insert: (head) =>
      through('heads.insert', () => {
        checkId('head', head.executionId);
        const standing = heads.get(head.executionId);
        if (standing !== undefined) return { inserted: isSameHead(standing, head), head: standing };
        heads.set(head.executionId, { ...head });
        return { inserted: true, head };
      }),
    get: (executionId) => through('heads.get', () => heads.get(executionId) ?? null),
    claim: (executionId, expected, next) =>
      through('heads.claim', () => {
        const head = heads.get(executionId);
        if (head === undefined) return false;
        if (head.driver === expected.driver && head.epoch === expected.epoch) {
          heads.set(executionId, { ...head, driver: next.driver, epoch: next.epoch, strikes: head.strikes + 1 });
          return true;
        }
        return head.driver === next.driver && head.epoch === next.epoch;
      }),
    patch: (executionId, fields) =>
      through('heads.patch', () => {
        const head = heads.get(executionId);
        if (head === undefined) throw new Error(`bug: patch of the head of ${executionId}, which does not exist`);
        if (head.settled && fields.settled === false) throw new Error(`bug: ${executionId} is settled for ever`);
        heads.set(executionId, { ...head, ...fields });
      }),
    sweepable: ({ now, live, limit }) =>
      through('heads.sweepable', () => {
        const open = [...heads.values()].filter((head) => !head.settled && head.parked === null);
        const alive = new Set(live);
        const orphaned = (head: Head): boolean => head.driver === null || !alive.has(head.driver);
        const due = (head: Head): boolean => !orphaned(head) && head.dueAt !== null && head.dueAt <= now;
        return [
          ...open.filter(orphaned).toSorted(by((head) => head.createdAt)),
          ...open.filter(due).toSorted(by((head) => head.dueAt ?? 0)),
        ].slice(0, limit);
      }),
    parked: ({ after, limit }) =>
      through('heads.parked', () =>
        [...heads.values()]
          .filter((head) => !head.settled && head.parked !== null && (after === null || head.executionId > after))
          .toSorted((left, right) => compareText(left.executionId, right.executionId))
          .slice(0, limit),
      ),
  };
}

const by =
  (time: (head: Head) => number) =>
  (left: Head, right: Head): number =>
    time(left) - time(right) || compareText(left.executionId, right.executionId);
