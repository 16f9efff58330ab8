import { ObjectId } from 'mongodb';
import type { IndexDescription } from 'mongodb';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { Connection } from './connection.ts';
import { isDuplicateKey, unavailable } from './failures.ts';

interface Meta {
  readonly _id: 'store';
  readonly version: number;
  readonly incarnation: string;
  /** How far the indexes are complete. */
  readonly indexed: number;
  /** The last restore that an operator named. */
  readonly restored?: string;
}

/** Raised when the shape of what is stored changes; release N reads what N−1 wrote and the other way round. */
const VERSION = 1;
/** Raised with every index that is added: older releases do without. */
const INDEXED = 4;

/** Journals, documents, blobs and log chunks need no index but that of `_id`. */
const INDEXES: Readonly<Record<string, readonly IndexDescription[]>> = {
  heads: [{ key: { settled: 1, createdAt: 1 } }],
  logAttempts: [{ key: { executionId: 1 } }],
  executions: [
    { key: { startedAt: -1, _id: -1 } },
    { key: { startedAt: -1, _id: -1, search: 1 } },
    { key: { application: 1, startedAt: -1, _id: -1 } },
    { key: { name: 1, startedAt: -1, _id: -1 } },
    { key: { environment: 1, startedAt: -1, _id: -1 } },
    { key: { status: 1, startedAt: -1, _id: -1 } },
    { key: { successes: 1, succeededAt: -1, startedAt: -1, _id: -1 } },
  ],
  instances: [
    { key: { application: 1, service: 1, environment: 1 } },
    { key: { environment: 1, service: 1 } },
    { key: { host: 1 } },
    { key: { executionId: 1 } },
  ],
  deployments: [
    { key: { at: -1, executionId: -1, place: -1 } },
    { key: { host: 1, at: -1, executionId: -1, place: -1 } },
    { key: { service: 1, at: -1, executionId: -1, place: -1 } },
    { key: { executionId: 1, at: -1, place: -1 } },
  ],
};

/** Makes what is missing, whoever comes first, and returns the incarnation. */
export async function prepareDatabase(connection: Connection, restored: string | null): Promise<string> {
  const meta = await establish(connection, restored);
  if (meta.indexed >= INDEXED) return meta.incarnation;
  for (const [name, indexes] of Object.entries(INDEXES)) {
    await connection.run(() => connection.collection(name).createIndexes([...indexes]));
  }
  const indexed = { $set: { indexed: INDEXED } };
  await connection.run(() => connection.collection<Meta>('meta').updateOne({ _id: 'store' }, indexed));
  return meta.incarnation;
}

async function establish(connection: Connection, restored: string | null): Promise<Meta> {
  const collection = connection.collection<Meta>('meta');
  return connection.run(async () => {
    const known = await collection.findOne({ _id: 'store' });
    if (known !== null && known.version > VERSION) {
      throw new FailureError(
        failure(
          'STORE_TOO_NEW',
          `The database was written by a newer release (its version is ${known.version}, this release knows ${VERSION}).`,
          { details: { version: known.version, known: VERSION } },
        ),
      );
    }
    const name = restored === null ? {} : { restored };
    const incarnation = new ObjectId().toHexString();
    const made: Meta = { _id: 'store', version: VERSION, incarnation, indexed: 0, ...name };
    if (known === null) {
      try {
        await collection.insertOne(made);
        return made;
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
      }
    } else if (restored !== null) {
      // Whichever of several replicas comes first; the others find it.
      const first = { _id: 'store', restored: { $ne: restored } } as const;
      await collection.updateOne(first, { $set: { incarnation, restored } });
    }
    const standing = restored === null && known !== null ? known : await collection.findOne({ _id: 'store' });
    if (standing === null) throw unavailable('The database was being made by another process: start again.');
    return standing;
  });
}
