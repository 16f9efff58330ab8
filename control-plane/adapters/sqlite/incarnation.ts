import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from './database.ts';

interface Known {
  readonly incarnation?: string;
  /** Number of the file in its file system, and since when it is there: a copy has another. */
  readonly file?: string;
  /** Made new at every start and every end, and kept in a file beside the database too: one restored without the other is seen. */
  readonly generation?: string;
  readonly before?: string;
  /** The last restore that an operator named. */
  readonly restored?: string;
}

/**
 * The incarnation of the data: a new one when it was made anew or is not a continuation of what was last here. What
 * cannot be seen (a whole directory written over in place, byte for byte) an operator says with `restored`: a name that he
 * gives it, so that the next start with the same settings is no other restore.
 */
export function establishIncarnation(database: Database, directory: string, restored: string | null): string {
  const beside = join(directory, 'generation');
  const rows = database.prepare('SELECT key, value FROM meta').all<{ key: keyof Known; value: string }>([]);
  const known: Known = Object.fromEntries(rows.map(({ key, value }) => [key, value]));
  const file = identityOf(database.file);
  const last = read(beside);
  // A start that was killed between the two writes below left the generation before this one in the file.
  const continues = last !== null && (last === known.generation || last === known.before);
  const isNamed = restored !== null && restored !== known.restored;
  const same = !isNamed && known.file === file && continues;

  const incarnation = same && known.incarnation !== undefined ? known.incarnation : makeId(database);
  const facts = { incarnation, file, ...(restored === null ? {} : { restored }) };
  nextGeneration(database, beside, { ...facts, before: last ?? '' });
  return incarnation;
}

/** At an orderly end: a backup that was taken since the start is none of what is here then. */
export function leaveGeneration(database: Database, directory: string): void {
  const beside = join(directory, 'generation');
  nextGeneration(database, beside, { before: read(beside) ?? '' });
}

function nextGeneration(database: Database, beside: string, facts: Known): void {
  const generation = makeId(database);
  const put = database.prepare(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  );
  database.exec('BEGIN IMMEDIATE');
  for (const [key, value] of Object.entries({ ...facts, generation })) put.run([key, value]);
  database.exec('COMMIT');
  writeFileSync(`${beside}.new`, generation, { flush: true });
  renameSync(`${beside}.new`, beside);
}

/** The number of a file that is gone goes to the next one, so it alone would not tell them apart. */
function identityOf(path: string): string {
  const { ino, birthtimeNs, ctimeNs } = statSync(path, { bigint: true });
  // Where the system does not know it, the last change stands for the birth, and that is no identity.
  return birthtimeNs === ctimeNs ? String(ino) : `${ino}/${birthtimeNs}`;
}

const makeId = (database: Database): string =>
  database.prepare('SELECT lower(hex(randomblob(16))) AS id').get<{ id: string }>([])?.id ?? '';

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
