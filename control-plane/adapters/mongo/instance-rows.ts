import type { Collection, Filter } from 'mongodb';
import { canonicalJson } from '@fairlead/proto/model/json.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import { checkId } from '../../ports/limits.ts';
import { INSTANCE_FIELDS } from '../../ports/rows.ts';
import type { DeploymentCursor, InstanceFilter, InstanceRow, Rows } from '../../ports/rows.ts';
import type { Connection } from './connection.ts';
import { isDuplicateKey } from './failures.ts';

interface Stored extends Omit<InstanceRow, 'id' | 'details'> {
  readonly _id: string;
  /** Canonical text, as in documents. */
  readonly details: string;
}

/** One per place, time and execution; they never change. */
interface Deployment extends Omit<Stored, '_id'> {
  readonly _id: string;
  readonly place: string;
}

export type InstanceRows = Pick<Rows, 'putInstances' | 'listInstances' | 'listDeployments'>;

const NEWEST_FIRST = { at: -1, executionId: -1, place: -1 } as const;

export function createInstanceRows(connection: Connection): InstanceRows {
  const instances = connection.collection<Stored>('instances');
  const deployments = connection.collection<Deployment>('deployments');
  return {
    async putInstances(rows) {
      for (const row of rows) checkId('instance', row.id);
      const stored = rows.map(({ id, details, ...rest }) => ({ _id: id, ...rest, details: canonicalJson(details) }));
      await connection.run(() =>
        Promise.all(
          stored.map(async (row) => {
            await remember(deployments, row);
            await putNewest(instances, row);
          }),
        ),
      );
    },
    async listInstances(filter, { after, limit }) {
      if (limit === 0) return [];
      const where: Filter<Stored> = { ...fieldsOf(filter), ...(after === undefined ? {} : { _id: { $gt: after } }) };
      const found = await connection.run(() => instances.find(where).sort({ _id: 1 }).limit(limit).toArray());
      return found.map(({ _id, ...rest }) => toRow(_id, rest));
    },
    async listDeployments(filter, { cursor, limit }) {
      if (limit === 0) return [];
      const where: Filter<Deployment> = { $and: [fieldsOf(filter), beforeCursor(cursor)] };
      const found = await connection.run(() => deployments.find(where).sort(NEWEST_FIRST).limit(limit).toArray());
      return found.map(({ _id, place, ...rest }) => toRow(place, rest));
    },
  };
}

async function remember(deployments: Collection<Deployment>, { _id: place, ...rest }: Stored): Promise<void> {
  const deployment = { _id: `${place}\n${rest.at}\n${rest.executionId}`, place, ...rest };
  try {
    await deployments.insertOne(deployment);
  } catch (error) {
    // Written before: it is the same fact.
    if (!isDuplicateKey(error)) throw error;
  }
}

/** Puts a row unless a newer one stands there, whatever the order of the writers. */
async function putNewest(instances: Collection<Stored>, row: Stored): Promise<void> {
  const { _id, ...fields } = row;
  const { at, seq, executionId } = row;
  const notNewer: Filter<Stored> = {
    _id,
    $or: [{ at: { $lt: at } }, { at, seq: { $lt: seq } }, { at, seq, executionId: { $lte: executionId } }],
  };
  const update = { $set: fields };
  if ((await instances.updateOne(notNewer, update)).matchedCount === 1) return;
  try {
    await instances.insertOne(row);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    // A newer one, or somebody was first with an older one.
    await instances.updateOne(notNewer, update);
  }
}

const fieldsOf = (filter: InstanceFilter): InstanceFilter =>
  Object.fromEntries(INSTANCE_FIELDS.flatMap((field) => (filter[field] === undefined ? [] : [[field, filter[field]]])));

function beforeCursor(cursor: DeploymentCursor | undefined): Filter<Deployment> {
  if (cursor === undefined) return {};
  const { at, executionId, id } = cursor;
  return {
    $or: [{ at: { $lt: at } }, { at, executionId: { $lt: executionId } }, { at, executionId, place: { $lt: id } }],
  };
}

const toRow = (id: string, { details, seq, ...rest }: Omit<Stored, '_id'>): InstanceRow => ({
  id,
  ...rest,
  // Rows of the first release have none.
  seq: seq ?? 0,
  // Written by canonicalJson from a JsonObject.
  details: JSON.parse(details) as JsonObject,
});
