import { isSameHead } from '../../ports/heads.ts';
import type { Head, Heads } from '../../ports/heads.ts';
import { checkId } from '../../ports/limits.ts';
import type { Connection } from './connection.ts';
import { isDuplicateKey, unavailable } from './failures.ts';

interface Stored extends Omit<Head, 'executionId'> {
  readonly _id: string;
}

const OPEN = { settled: false, parked: null };

export function createHeads(connection: Connection): Heads {
  const heads = connection.collection<Stored>('heads');
  const find = async (executionId: string): Promise<Head | null> => {
    const stored = await heads.findOne({ _id: executionId });
    return stored === null ? null : toHead(stored);
  };

  return {
    async insert(head) {
      checkId('head', head.executionId);
      const { executionId, ...rest } = head;
      return connection.run(async () => {
        try {
          await heads.insertOne({ _id: executionId, ...rest });
          return { inserted: true, head };
        } catch (error) {
          if (!isDuplicateKey(error)) throw error;
          const standing = await find(executionId);
          if (standing === null) throw unavailable(`The head of ${executionId} is not settled.`, error);
          return { inserted: isSameHead(standing, head), head: standing };
        }
      });
    },
    async get(executionId) {
      return connection.run(() => find(executionId));
    },
    async claim(executionId, expected, next) {
      return connection.run(async () => {
        const { driver, epoch } = next;
        const claimed = await heads.updateOne(
          { _id: executionId, driver: expected.driver, epoch: expected.epoch },
          { $set: { driver, epoch }, $inc: { strikes: 1 } },
        );
        if (claimed.matchedCount === 1) return true;
        const standing = await find(executionId);
        return standing !== null && standing.driver === driver && standing.epoch === epoch;
      });
    },
    async patch(executionId, fields) {
      await connection.run(async () => {
        const unsettles = fields.settled === false;
        if (Object.keys(fields).length > 0) {
          const allowed = { _id: executionId, ...(unsettles ? { settled: false } : {}) };
          if ((await heads.updateOne(allowed, { $set: fields })).matchedCount === 1) return;
        }
        const standing = await find(executionId);
        if (standing === null) throw new Error(`bug: patch of the head of ${executionId}, which does not exist`);
        if (unsettles && standing.settled) throw new Error(`bug: ${executionId} is settled for ever`);
      });
    },
    async sweepable({ now, live, limit }) {
      if (limit === 0) return [];
      return connection.run(async () => {
        const first = await heads
          .find({ ...OPEN, driver: { $nin: [...live] } })
          .sort({ createdAt: 1, _id: 1 })
          .limit(limit)
          .toArray();
        if (first.length === limit) return first.map(toHead);
        const second = await heads
          .find({ ...OPEN, driver: { $in: [...live] }, dueAt: { $lte: now } })
          .sort({ dueAt: 1, _id: 1 })
          .limit(limit - first.length)
          .toArray();
        return [...first, ...second].map(toHead);
      });
    },
    async parked({ after, limit }) {
      if (limit === 0) return [];
      const about = { settled: false, parked: { $ne: null }, ...(after === null ? {} : { _id: { $gt: after } }) };
      return connection.run(async () => (await heads.find(about).sort({ _id: 1 }).limit(limit).toArray()).map(toHead));
    },
  };
}

const toHead = ({ _id, settled, dueAt, driver, epoch, strikes, parked, createdAt }: Stored): Head => ({
  executionId: _id,
  settled,
  dueAt,
  driver,
  epoch,
  strikes,
  parked,
  createdAt,
});
