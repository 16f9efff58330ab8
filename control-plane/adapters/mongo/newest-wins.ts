import type { Collection, Filter, OptionalUnlessRequiredId, UpdateFilter } from 'mongodb';
import { isDuplicateKey } from './failures.ts';

/** Puts a row unless a newer one stands there, whatever the order of the writers. */
export async function putNewest<Row extends { readonly _id: string }>(
  collection: Collection<Row>,
  row: Row,
  order: keyof Row & string,
): Promise<void> {
  const { _id, ...fields } = row;
  // The driver's types cannot follow a generic row; these are a filter and an update by its own fields.
  const notNewer = { _id, [order]: { $lte: row[order] } } as unknown as Filter<Row>;
  const update = { $set: fields } as unknown as UpdateFilter<Row>;
  if ((await collection.updateOne(notNewer, update)).matchedCount === 1) return;
  try {
    await collection.insertOne(row as OptionalUnlessRequiredId<Row>);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    // A newer one, or somebody was first with an older one.
    await collection.updateOne(notNewer, update);
  }
}
