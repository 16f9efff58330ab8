import { canonicalJson } from '@fairlead/proto/model/json.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import { checkId } from '../../ports/limits.ts';
import { compareText } from '../../ports/order.ts';
import type { InstanceRow, Rows } from '../../ports/rows.ts';
import type { Connection } from './connection.ts';
import { putNewest } from './newest-wins.ts';

interface Stored extends Omit<InstanceRow, 'id' | 'details'> {
  readonly _id: string;
  /** Canonical text, as in documents. */
  readonly details: string;
}

export function createInstanceRows(connection: Connection): Pick<Rows, 'putInstances' | 'listInstances'> {
  const instances = connection.collection<Stored>('instances');
  return {
    async putInstances(rows) {
      for (const row of rows) checkId('instance', row.id);
      const stored = rows.map(({ id, details, ...rest }) => ({ _id: id, ...rest, details: canonicalJson(details) }));
      await connection.run(() => Promise.all(stored.map((row) => putNewest<Stored>(instances, row, 'at'))));
    },
    async listInstances({ application, service, environment }) {
      const filter = {
        ...(application === undefined ? {} : { application }),
        ...(service === undefined ? {} : { service }),
        ...(environment === undefined ? {} : { environment }),
      };
      const found = await connection.run(() => instances.find(filter).toArray());
      return found.map(toRow).toSorted((left, right) => compareText(left.id, right.id));
    },
  };
}

const toRow = ({ _id, details, ...rest }: Stored): InstanceRow => ({
  id: _id,
  ...rest,
  // Written by canonicalJson from a JsonObject.
  details: JSON.parse(details) as JsonObject,
});
