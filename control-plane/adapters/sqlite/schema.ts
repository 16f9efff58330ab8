import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { Database } from './database.ts';

/**
 * Times are REAL because callers may compute fractions of a millisecond; counters are INTEGER. One entry per version of
 * the file, in order; an entry that was released never changes.
 */
const MAIN: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE journal (
    execution_id TEXT NOT NULL, seq INTEGER NOT NULL, epoch INTEGER NOT NULL, now REAL NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (execution_id, seq)
  ) STRICT;

  CREATE TABLE heads (
    execution_id TEXT PRIMARY KEY, settled INTEGER NOT NULL, due_at REAL, driver TEXT, epoch INTEGER NOT NULL,
    strikes INTEGER NOT NULL, parked TEXT, created_at REAL NOT NULL
  ) STRICT;
  CREATE INDEX heads_unsettled ON heads (created_at, execution_id, driver, due_at) WHERE settled = 0 AND parked IS NULL;

  CREATE TABLE documents (
    collection TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (collection, id)
  ) STRICT;

  CREATE TABLE blobs (hash TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT;

  CREATE TABLE executions (
    execution_id TEXT PRIMARY KEY, seq INTEGER NOT NULL, application TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
    status TEXT NOT NULL, environment TEXT, started_at REAL NOT NULL, ended_at REAL, actor TEXT NOT NULL, summary TEXT NOT NULL
  ) STRICT;
  -- Each carries all the columns of the filter, so a page that skips many rows skips them within the index.
  CREATE INDEX executions_newest ON executions (started_at, execution_id, application, name, environment, status);
  CREATE INDEX executions_by_application ON executions (application, started_at, execution_id, name, environment, status);
  CREATE INDEX executions_by_name ON executions (name, started_at, execution_id, application, environment, status);
  CREATE INDEX executions_by_environment ON executions (environment, started_at, execution_id, application, name, status);
  CREATE INDEX executions_by_status ON executions (status, started_at, execution_id, application, name, environment);

  -- The mappings of successful executions only.
  CREATE TABLE successes (
    name TEXT NOT NULL, mapping TEXT NOT NULL, started_at REAL NOT NULL, execution_id TEXT NOT NULL,
    PRIMARY KEY (name, mapping, started_at, execution_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX successes_by_execution ON successes (execution_id);

  CREATE TABLE instances (
    id TEXT PRIMARY KEY, at REAL NOT NULL, application TEXT NOT NULL, service TEXT NOT NULL, environment TEXT NOT NULL,
    infrastructure TEXT NOT NULL, host TEXT NOT NULL, build TEXT NOT NULL, execution_id TEXT NOT NULL, details TEXT NOT NULL
  ) STRICT;
  CREATE INDEX instances_by_application ON instances (application, service, environment);
  CREATE INDEX instances_by_environment ON instances (environment, service);
  `,
  `
  ALTER TABLE instances ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX instances_by_host ON instances (host);
  CREATE INDEX instances_by_execution ON instances (execution_id);

  -- Everything that was ever done at a place: the history behind the row of "instances".
  CREATE TABLE deployments (
    at REAL NOT NULL, execution_id TEXT NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL, application TEXT NOT NULL,
    service TEXT NOT NULL, environment TEXT NOT NULL, infrastructure TEXT NOT NULL, host TEXT NOT NULL,
    build TEXT NOT NULL, details TEXT NOT NULL,
    PRIMARY KEY (at, execution_id, id)
  ) STRICT;
  CREATE INDEX deployments_by_host ON deployments (host, at, execution_id, id);
  CREATE INDEX deployments_by_service ON deployments (service, at, execution_id, id);
  CREATE INDEX deployments_by_execution ON deployments (execution_id, at, id);
  INSERT INTO deployments (at, execution_id, id, seq, application, service, environment, infrastructure, host, build, details)
    SELECT at, execution_id, id, seq, application, service, environment, infrastructure, host, build, details FROM instances;
  `,
  `
  ALTER TABLE executions ADD COLUMN search TEXT NOT NULL DEFAULT '';
  UPDATE executions SET
    search = lower(execution_id || ' ' || application || ' ' || name || ' ' || coalesce(environment, '') || ' ' || actor);
  DROP INDEX executions_newest;
  CREATE INDEX executions_newest ON executions
    (started_at, execution_id, application, name, environment, status, search);
  `,
  `
  CREATE INDEX heads_parked ON heads (execution_id) WHERE settled = 0 AND parked IS NOT NULL;
  `,
  `
  -- What counts is when it succeeded, and that is not known of the older ones of a pipeline.
  ALTER TABLE successes RENAME COLUMN started_at TO at;
  UPDATE successes SET at = (
    SELECT coalesce(ended_at, started_at) FROM executions WHERE executions.execution_id = successes.execution_id
  );
  `,
];

const LOGS: readonly string[] = [
  `
  CREATE TABLE attempts (
    number INTEGER PRIMARY KEY, attempt_id TEXT NOT NULL UNIQUE, execution_id TEXT NOT NULL, length INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX attempts_by_execution ON attempts (execution_id, attempt_id);
  -- codec 0: as it came; 1: raw deflate. "stop" is the offset after the last byte.
  CREATE TABLE chunks (
    attempt INTEGER NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL, gap INTEGER NOT NULL, at REAL NOT NULL,
    codec INTEGER NOT NULL, bytes BLOB NOT NULL,
    PRIMARY KEY (attempt, start)
  ) STRICT;
  `,
];

export const migrateMain = (database: Database): void => migrate(database, MAIN);
export const migrateLogs = (database: Database): void => migrate(database, LOGS);

function migrate(database: Database, steps: readonly string[]): void {
  const version = database.prepare('PRAGMA user_version').get<{ user_version: number }>([])?.user_version ?? 0;
  if (version > steps.length) {
    throw new FailureError(
      failure(
        'STORE_TOO_NEW',
        `${database.file} was written by a newer release (its version is ${version}, this release knows ${steps.length}).`,
        { details: { version, known: steps.length } },
      ),
    );
  }
  for (const [index, sql] of steps.entries()) {
    if (index < version) continue;
    database.exec(`BEGIN IMMEDIATE; ${sql}; PRAGMA user_version = ${index + 1}; COMMIT`);
  }
}
