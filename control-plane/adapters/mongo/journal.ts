import type { Journal, JournalRecord } from '../../ports/journal.ts';
import { checkRecord } from '../../ports/limits.ts';
import type { Connection } from './connection.ts';
import { isDuplicateKey, unavailable } from './failures.ts';
import { numberedAfter, numberedId } from './range.ts';

/** `_id` is `<executionId>:<seq>`: its uniqueness is the optimistic lock. */
interface Stored extends JournalRecord {
  readonly _id: string;
}

export function createJournal(connection: Connection): Journal {
  const records = connection.collection<Stored>('journal');

  return {
    async append(record) {
      checkRecord(record);
      const { executionId, seq, epoch, now, body } = record;
      const _id = numberedId(executionId, seq);
      return connection.run(async () => {
        try {
          await records.insertOne({ _id, executionId, seq, epoch, now, body });
          return 'appended';
        } catch (error) {
          if (!isDuplicateKey(error)) throw error;
          const standing = await records.findOne({ _id });
          // Standing, but not yet known by a majority: it may still be undone.
          if (standing === null) throw unavailable(`The outcome of ${executionId}:${seq} is not settled.`, error);
          const same = standing.body === body && standing.epoch === epoch && standing.now === now;
          return same ? 'appended' : 'conflict';
        }
      });
    },
    async read(executionId, after, limit) {
      if (limit === 0) return [];
      const found = await connection.run(() =>
        records
          .find({ _id: numberedAfter(executionId, after), executionId })
          .sort({ _id: 1 })
          .limit(limit ?? 0)
          .toArray(),
      );
      return found.map(({ seq, epoch, now, body }) => ({ executionId, seq, epoch, now, body }));
    },
    async lastSeqs(executionIds) {
      const lastOf = async (executionId: string): Promise<[string, number]> => {
        const [last] = await records
          .find({ _id: numberedAfter(executionId, 0), executionId }, { projection: { seq: 1 } })
          .sort({ _id: -1 })
          .limit(1)
          .toArray();
        return [executionId, last?.seq ?? 0];
      };
      return connection.run(async () => new Map(await Promise.all(executionIds.map(lastOf))));
    },
  };
}
