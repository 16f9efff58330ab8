import { executionOf } from '@fairlead/proto/model/ids.ts';
import { checkChunk } from '../../ports/limits.ts';
import { chunkEnd, chunkFrom } from '../../ports/logs.ts';
import type { LogChunk, Logs } from '../../ports/logs.ts';
import { pack, unpack } from '../chunk-codec.ts';
import { bytesOf } from './database.ts';
import type { Database } from './database.ts';
import type { GroupCommit } from './group-commit.ts';

interface Row {
  readonly start: number;
  readonly stop: number;
  readonly gap: number;
  readonly at: number;
  readonly codec: number;
  readonly bytes: Uint8Array | ArrayBuffer;
}

const DEFAULT_LIMIT = 1_048_576;

/** In a file of its own, so that a flood of output neither grows nor slows the journals' file. */
export function createLogs(database: Database, group: GroupCommit): Logs {
  const attempt = database.prepare('SELECT number, length FROM attempts WHERE attempt_id = ?');
  const begin = database.prepare('INSERT INTO attempts (attempt_id, execution_id, length) VALUES (?, ?, ?)');
  const insert = database.prepare(
    'INSERT INTO chunks (attempt, start, stop, gap, at, codec, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const grow = database.prepare('UPDATE attempts SET length = ? WHERE number = ?');
  // The newest chunk that starts at or before the place, then everything after it.
  const startBefore = database.prepare(
    'SELECT start FROM chunks WHERE attempt = ? AND start <= ? ORDER BY start DESC LIMIT 1',
  );
  const from = database.prepare(
    'SELECT start, stop, gap, at, codec, bytes FROM chunks WHERE attempt = ? AND start >= ? ORDER BY start LIMIT ?',
  );
  const ofExecution = database.prepare('SELECT attempt_id FROM attempts WHERE execution_id = ? ORDER BY attempt_id');
  const find = (attemptId: string): { number: number; length: number } | null =>
    attempt.get<{ number: number; length: number }>([attemptId]);

  const store = (chunk: LogChunk): void => {
    const known = find(chunk.attemptId);
    const fresh = unstored(chunk, known?.length ?? 0);
    if (fresh === null) return;
    const stop = chunkEnd(fresh);
    const number = known?.number ?? begin.insert([chunk.attemptId, executionOf(chunk.attemptId), stop]);
    const packed = pack(fresh.bytes);
    insert.run([number, fresh.offset, stop, fresh.gap, fresh.at, packed.codec, packed.bytes]);
    if (known !== null) grow.run([stop, number]);
  };

  return {
    async append(chunks) {
      for (const chunk of chunks) checkChunk(chunk);
      const copies = chunks.map((chunk) => ({ ...chunk, bytes: Uint8Array.from(chunk.bytes) }));
      if (copies.length > 0) await group.writeSeveral(() => copies.forEach(store));
    },
    async read(attemptId, place, limit = DEFAULT_LIMIT) {
      return database.reading(() => {
        const known = find(attemptId);
        if (known === null || known.length <= place) return [];
        const first = startBefore.get<{ start: number }>([known.number, place])?.start ?? 0;
        const chunks: LogChunk[] = [];
        let start = first;
        for (let size = 0; chunks.length === 0 || size < limit;) {
          const row = from.get<Row>([known.number, start, 1]);
          if (row === null) break;
          start = row.stop;
          if (row.stop <= place) continue;
          const chunk = chunkFrom(toChunk(attemptId, row), place);
          size += chunk.bytes.byteLength;
          chunks.push(chunk);
        }
        return chunks;
      });
    },
    async lengths(attemptIds) {
      return database.reading(() => new Map(attemptIds.map((id) => [id, find(id)?.length ?? 0])));
    },
    async attempts(executionId) {
      return database.reading(() =>
        ofExecution.all<{ attempt_id: string }>([executionId]).map((row) => row.attempt_id),
      );
    },
  };
}

/** What of a chunk lies beyond what is stored; null when nothing does. */
const unstored = (chunk: LogChunk, length: number): LogChunk | null =>
  chunk.bytes.byteLength === 0 || chunkEnd(chunk) <= length ? null : chunkFrom(chunk, length);

const toChunk = (attemptId: string, row: Row): LogChunk => ({
  attemptId,
  offset: row.start,
  bytes: unpack({ codec: row.codec, bytes: bytesOf(row.bytes) }),
  gap: row.gap,
  at: row.at,
});
