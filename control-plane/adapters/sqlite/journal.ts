import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { Journal, JournalRecord } from '../../ports/journal.ts';
import { checkRecord } from '../../ports/limits.ts';
import type { Database } from './database.ts';
import type { GroupCommit } from './group-commit.ts';

interface Row {
  readonly seq: number;
  readonly epoch: number;
  readonly now: number;
  readonly body: string;
}

export function createJournal(database: Database, group: GroupCommit): Journal {
  const insert = database.prepare(
    'INSERT INTO journal (execution_id, seq, epoch, now, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const standing = database.prepare('SELECT seq, epoch, now, body FROM journal WHERE execution_id = ? AND seq = ?');
  const after = database.prepare(
    'SELECT seq, epoch, now, body FROM journal WHERE execution_id = ? AND seq > ? ORDER BY seq LIMIT ?',
  );
  const last = database.prepare('SELECT max(seq) AS seq FROM journal WHERE execution_id = ?');

  return {
    async append(record) {
      checkRecord(record);
      const { executionId, seq, epoch, now, body } = record;
      return group.write(() => {
        if (insert.run([executionId, seq, epoch, now, body]) === 1) return 'appended';
        const row = standing.get<Row>([executionId, seq]);
        return row?.body === body && row.epoch === epoch && row.now === now ? 'appended' : 'conflict';
      });
    },
    async read(executionId, seq, limit = -1) {
      return database.reading(() => after.all<Row>([executionId, seq, limit]).map((row) => toRecord(executionId, row)));
    },
    async lastSeqs(executionIds) {
      return database.reading(
        () => new Map(executionIds.map((id) => [id, last.get<{ seq: number | null }>([id])?.seq ?? 0])),
      );
    },
  };
}

const toRecord = (executionId: ExecutionId, row: Row): JournalRecord => ({
  executionId,
  seq: row.seq,
  epoch: row.epoch,
  now: row.now,
  body: row.body,
});
