/** What runs where, and what was done there before: rows of the projector, held against the definitions as they stand. */
import { z } from 'zod';
import type { Catalog } from '../definitions/catalog.ts';
import { findEntity, infrastructuresOf } from '../definitions/catalog.ts';
import type { InstanceFilter, InstanceRow, Rows } from '../ports/rows.ts';
import { readCursor, writeCursor } from './page-cursor.ts';
import type { Deployment, Instance, InstanceQuery } from './use-cases.ts';

/** Rows read at a time while looking for those of one state. */
const BATCH = 500;

const INSTANCE_CURSOR = z.tuple([z.string()]);
const DEPLOYMENT_CURSOR = z
  .tuple([z.number(), z.string(), z.string()])
  .transform(([at, executionId, id]) => ({ at, executionId, id }));

export async function whatRunsWhere(
  rows: Rows,
  catalog: Catalog,
  { filter, state, cursor, limit }: InstanceQuery,
): Promise<{ readonly instances: readonly Instance[]; readonly next: string | null }> {
  const stateOf = statesIn(catalog);
  const found: Instance[] = [];
  // One more than asked for says whether there is a page after.
  for (let after = cursor === undefined ? undefined : readCursor(cursor, INSTANCE_CURSOR)[0]; found.length <= limit;) {
    const most = state === undefined ? limit + 1 - found.length : BATCH;
    const batch = await rows.listInstances(filter, { limit: most, ...(after === undefined ? {} : { after }) });
    for (const row of batch) {
      const instance = { ...row, ...stateOf(row) };
      if (state === undefined || state === instance.state) found.push(instance);
    }
    if (batch.length < most) break;
    after = batch.at(-1)?.id;
  }
  const instances = found.slice(0, limit);
  const last = instances.at(-1);
  return { instances, next: found.length > limit && last !== undefined ? writeCursor([last.id]) : null };
}

export async function deployments(
  rows: Rows,
  filter: InstanceFilter,
  cursor: string | undefined,
  limit: number,
): Promise<{ readonly deployments: readonly Deployment[]; readonly next: string | null }> {
  const from = cursor === undefined ? {} : { cursor: readCursor(cursor, DEPLOYMENT_CURSOR) };
  const found = await rows.listDeployments(filter, { ...from, limit: limit + 1 });
  const page = found.slice(0, limit);
  const last = page.at(-1);
  const next = found.length > limit && last !== undefined ? writeCursor([last.at, last.executionId, last.id]) : null;
  return { deployments: page.map((row) => ({ ...row, action: actionOf(row) })), next };
}

const isTrue = (row: InstanceRow, detail: string): boolean => row.details[detail] === true;

function actionOf(row: InstanceRow): Deployment['action'] {
  if (typeof row.details['swappedBy'] === 'string') {
    return row.details['traffic'] === 'live' ? 'SWAPPED_IN' : 'SWAPPED_OUT';
  }
  if (isTrue(row, 'removed')) return 'REMOVED';
  if (isTrue(row, 'brokeOff')) return 'BROKE_OFF';
  return isTrue(row, 'rollback') ? 'ROLLED_BACK' : 'DEPLOYED';
}

/** Whether the definitions still know the place; each infrastructure is looked up once. */
function statesIn(catalog: Catalog): (row: InstanceRow) => Pick<Instance, 'state' | 'note'> {
  const known = new Map<string, { readonly hosts: ReadonlySet<string> | null } | { readonly gone: string }>();
  const look = ({ application, environment, infrastructure }: InstanceRow) => {
    if (findEntity(catalog, 'environment', application, environment) === undefined) {
      return { gone: `the environment ${environment} is gone` };
    }
    const entity = infrastructuresOf(catalog, application, environment).find((each) => each.name === infrastructure);
    if (entity === undefined) return { gone: `the infrastructure ${environment}/${infrastructure} is gone` };
    // Which hosts a provisioner has made is known to whoever deployed to them, and not to the definitions.
    return { hosts: entity.spec.hosts === undefined ? null : new Set(entity.spec.hosts.map((host) => host.name)) };
  };
  return (row) => {
    if (isTrue(row, 'removed')) return { state: 'UNDONE', note: 'rolled back; nothing was there before' };
    const key = [row.application, row.environment, row.infrastructure].join('\n');
    const place = known.get(key) ?? look(row);
    known.set(key, place);
    if ('gone' in place) return { state: 'REMOVED', note: place.gone };
    if (place.hosts?.has(row.host) === false) {
      return { state: 'REMOVED', note: `${row.host} has left ${row.environment}/${row.infrastructure}` };
    }
    if (findEntity(catalog, 'service', row.application, row.service) === undefined) {
      return { state: 'REMOVED', note: `the service ${row.service} is gone` };
    }
    if (isTrue(row, 'brokeOff')) {
      const what = isTrue(row, 'rollback') ? 'going back to' : 'deploying';
      return { state: 'UNSURE', note: `${what} build ${row.build} broke off: what runs there is not known` };
    }
    const idle = row.details['traffic'] === 'idle';
    return { state: 'RUNNING', note: idle ? 'gets no traffic: the other group is live' : null };
  };
}
