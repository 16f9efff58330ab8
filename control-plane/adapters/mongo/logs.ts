import { Binary, MongoBulkWriteError } from 'mongodb';
import { executionOf } from '@fairlead/proto/model/ids.ts';
import { checkChunk } from '../../ports/limits.ts';
import { chunkEnd, chunkFrom } from '../../ports/logs.ts';
import type { LogChunk, Logs } from '../../ports/logs.ts';
import { compareText } from '../../ports/order.ts';
import { pack, unpack } from '../chunk-codec.ts';
import type { Connection } from './connection.ts';
import { isDuplicateKey, unavailable } from './failures.ts';
import { numberedAfter, numberedId } from './range.ts';

/**
 * `_id` is `<attemptId>:<end>`. Two connections of one sender may store the same bytes in differently cut chunks; in order
 * of their ends, a reader drops of each what it has already, and a duplicate key means that there is nothing to store.
 */
interface Stored {
  readonly _id: string;
  readonly attemptId: string;
  readonly start: number;
  readonly end: number;
  readonly gap: number;
  readonly at: number;
  readonly codec: number;
  readonly bytes: Binary;
}

const DEFAULT_LIMIT = 1_048_576;

export function createLogs(connection: Connection): Logs {
  const stored = connection.collection<Stored>('logChunks');
  const attempts = connection.collection<{ _id: string; executionId: string }>('logAttempts');

  const lengthOf = async (attemptId: string): Promise<number> => {
    const [last] = await stored
      .find({ _id: numberedAfter(attemptId, 0), attemptId }, { projection: { end: 1 } })
      .sort({ _id: -1 })
      .limit(1)
      .toArray();
    return last?.end ?? 0;
  };

  const begin = async (attemptId: string): Promise<void> => {
    try {
      await attempts.insertOne({ _id: attemptId, executionId: executionOf(attemptId) });
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
  };

  const appendTo = async (attemptId: string, chunks: readonly LogChunk[]): Promise<void> => {
    const length = await lengthOf(attemptId);
    const fresh = unstored(chunks, length);
    if (fresh.length === 0) return;
    if (length === 0) await begin(attemptId);
    // In order, so that no reader sees a chunk before those in front of it.
    for (let rest = fresh.map(toStored); rest.length > 0;) {
      try {
        await stored.insertMany(rest, { ordered: true });
        return;
      } catch (error) {
        if (!isDuplicateKey(error) || !(error instanceof MongoBulkWriteError)) throw error;
        const duplicate = rest[error.insertedCount];
        if (duplicate === undefined || (await lengthOf(attemptId)) < duplicate.end) {
          throw unavailable(`The log of ${attemptId} is not settled.`, error);
        }
        rest = rest.slice(error.insertedCount + 1);
      }
    }
  };

  return {
    async append(chunks) {
      for (const chunk of chunks) checkChunk(chunk);
      const byAttempt = new Map<string, LogChunk[]>();
      for (const chunk of chunks) {
        const copy = { ...chunk, bytes: Uint8Array.from(chunk.bytes) };
        byAttempt.set(chunk.attemptId, [...(byAttempt.get(chunk.attemptId) ?? []), copy]);
      }
      await connection.run(() => Promise.all([...byAttempt].map(([id, parts]) => appendTo(id, parts))));
    },
    async read(attemptId, from, limit = DEFAULT_LIMIT) {
      return connection.run(async () => {
        const found: LogChunk[] = [];
        let place = from;
        let size = 0;
        const cursor = stored.find({ _id: numberedAfter(attemptId, from), attemptId }).sort({ _id: 1 });
        try {
          for await (const each of cursor) {
            const chunk = chunkFrom(toChunk(each), place);
            found.push(chunk);
            place = chunkEnd(chunk);
            size += chunk.bytes.byteLength;
            if (size >= limit) break;
          }
        } finally {
          await cursor.close();
        }
        return found;
      });
    },
    async lengths(attemptIds) {
      const entry = async (id: string): Promise<[string, number]> => [id, await lengthOf(id)];
      return connection.run(async () => new Map(await Promise.all(attemptIds.map(entry))));
    },
    async attempts(executionId) {
      const found = await connection.run(() => attempts.find({ executionId }).toArray());
      return found.map((each) => each._id).toSorted(compareText);
    },
  };
}

/** What lies beyond what is stored. */
function unstored(chunks: readonly LogChunk[], length: number): LogChunk[] {
  const fresh: LogChunk[] = [];
  let end = length;
  for (const chunk of chunks) {
    if (chunk.bytes.byteLength === 0 || chunkEnd(chunk) <= end) continue;
    fresh.push(chunkFrom(chunk, end));
    end = chunkEnd(chunk);
  }
  return fresh;
}

function toStored(chunk: LogChunk): Stored {
  const { attemptId, offset: start, gap, at } = chunk;
  const end = chunkEnd(chunk);
  const { codec, bytes } = pack(chunk.bytes);
  return { _id: numberedId(attemptId, end), attemptId, start, end, gap, at, codec, bytes: new Binary(bytes) };
}

const toChunk = ({ attemptId, start, gap, at, codec, bytes }: Stored): LogChunk => ({
  attemptId,
  offset: start,
  bytes: unpack({ codec, bytes: Uint8Array.from(bytes.value()) }),
  gap,
  at,
});
