import { isSameHead } from '../../ports/heads.ts';
import type { Head, Heads } from '../../ports/heads.ts';
import { checkId } from '../../ports/limits.ts';
import type { Database, SqlValue } from './database.ts';
import type { GroupCommit } from './group-commit.ts';

interface Row {
  readonly execution_id: string;
  readonly settled: number;
  readonly due_at: number | null;
  readonly driver: string | null;
  readonly epoch: number;
  readonly strikes: number;
  readonly parked: string | null;
  readonly created_at: number;
}

const OPEN = 'settled = 0 AND parked IS NULL';
const ORPHANED = '(driver IS NULL OR driver NOT IN (SELECT value FROM json_each(?)))';

export function createHeads(database: Database, group: GroupCommit): Heads {
  const insert = database.prepare(
    `INSERT INTO heads (execution_id, settled, due_at, driver, epoch, strikes, parked, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  );
  const standing = database.prepare('SELECT * FROM heads WHERE execution_id = ?');
  const claim = database.prepare(
    `UPDATE heads SET driver = ?, epoch = ?, strikes = strikes + 1
     WHERE execution_id = ? AND driver IS ? AND epoch = ?`,
  );
  const update = database.prepare(
    'UPDATE heads SET settled = ?, due_at = ?, strikes = ?, parked = ? WHERE execution_id = ?',
  );
  const orphaned = database.prepare(
    `SELECT * FROM heads WHERE ${OPEN} AND ${ORPHANED} ORDER BY created_at, execution_id LIMIT ?`,
  );
  const due = database.prepare(
    `SELECT * FROM heads WHERE ${OPEN} AND NOT ${ORPHANED} AND due_at <= ? ORDER BY due_at, execution_id LIMIT ?`,
  );
  const parked = database.prepare(
    'SELECT * FROM heads WHERE settled = 0 AND parked IS NOT NULL AND execution_id > ? ORDER BY execution_id LIMIT ?',
  );
  const find = (executionId: string): Head | null => {
    const row = standing.get<Row>([executionId]);
    return row === null ? null : toHead(row);
  };

  return {
    async insert(head) {
      checkId('head', head.executionId);
      return group.write(() => {
        if (insert.run(toValues(head)) === 1) return { inserted: true, head };
        const found = find(head.executionId) ?? head;
        return { inserted: isSameHead(found, head), head: found };
      });
    },
    async get(executionId) {
      return database.reading(() => find(executionId));
    },
    async claim(executionId, expected, next) {
      return group.write(() => {
        if (claim.run([next.driver, next.epoch, executionId, expected.driver, expected.epoch]) === 1) return true;
        const head = find(executionId);
        return head !== null && head.driver === next.driver && head.epoch === next.epoch;
      });
    },
    async patch(executionId, fields) {
      await group.write(() => {
        const head = find(executionId);
        if (head === null) throw new Error(`bug: patch of the head of ${executionId}, which does not exist`);
        if (head.settled && fields.settled === false) throw new Error(`bug: ${executionId} is settled for ever`);
        const { settled, dueAt, strikes, parked } = { ...head, ...fields };
        update.run([settled ? 1 : 0, dueAt, strikes, parked, executionId]);
      });
    },
    async sweepable({ now, live, limit }) {
      const alive = JSON.stringify(live);
      return database.reading(() => {
        const first = orphaned.all<Row>([alive, limit]);
        const second = first.length < limit ? due.all<Row>([alive, now, limit - first.length]) : [];
        return [...first, ...second].map(toHead);
      });
    },
    async parked({ after, limit }) {
      return database.reading(() => parked.all<Row>([after ?? '', limit]).map(toHead));
    },
  };
}

const toHead = (row: Row): Head => ({
  executionId: row.execution_id,
  settled: row.settled === 1,
  dueAt: row.due_at,
  driver: row.driver,
  epoch: row.epoch,
  strikes: row.strikes,
  parked: row.parked,
  createdAt: row.created_at,
});

const toValues = (head: Head): SqlValue[] => [
  head.executionId,
  head.settled ? 1 : 0,
  head.dueAt,
  head.driver,
  head.epoch,
  head.strikes,
  head.parked,
  head.createdAt,
];
