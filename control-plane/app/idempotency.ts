/** Requests that start something and carry an idempotency key: made twice, even of two replicas at once, they start it once. */
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import { canonicalJson, type Json } from '@fairlead/proto/model/json.ts';
import type { Clock, Ids } from '@fairlead/proto/model/system.ts';
import type { Digest } from '../ports/digest.ts';
import type { Document, Documents } from '../ports/documents.ts';
import type { Actor } from './authorize.ts';
import type { Drivers } from './drivers.ts';

export interface Asked {
  /** Undefined: each time it is asked is another one. */
  readonly key: string | undefined;
  /** With the same key everything of it is the same. */
  readonly request: Json;
}

interface World {
  readonly documents: Documents;
  readonly drivers: Drivers;
  readonly digest: Digest;
  readonly system: { readonly clock: Clock; readonly ids: Ids };
}

/** A key determines the id. */
export function idFor({ digest, system }: World, actor: Actor, { key }: Asked): ExecutionId {
  if (key === undefined) return system.ids.unique('x');
  return `x${digest.sha256(`${actor.id}\n${key}`).slice(0, 20)}`;
}

/** What it started already; null: nothing yet. Throws when the key was used for something else. */
export async function startedBefore(world: World, id: ExecutionId, asked: Asked): Promise<ExecutionId | null> {
  if (asked.key === undefined) return null;
  const known = await world.documents.get('requests', id);
  if (known === null) return null;
  refuseAnother(world, asked, known.body['request']);
  const started = startedBy(known);
  return (await world.drivers.exists(started)) ? started : null;
}

/** Before it is started, where not as `id`, then as `started`. Throws when somebody has used the key for something else meanwhile. */
export async function remember(world: World, id: ExecutionId, asked: Asked, started = id): Promise<void> {
  if (asked.key === undefined) return;
  const at = world.system.clock.now();
  const body = { request: fingerprint(world, asked), at, ...(started === id ? {} : { started }) };
  if (await world.documents.insert('requests', id, body)) return;
  const known = await world.documents.get('requests', id);
  refuseAnother(world, asked, known?.body['request']);
  // What it was to start did not come to begin, and was given up.
  if (known !== null && startedBy(known) !== started) {
    await world.documents.replace('requests', id, known.version, body);
  }
}

const startedBy = ({ id, body }: Document): ExecutionId => String(body['started'] ?? id);

const fingerprint = ({ digest }: World, { request }: Asked): string => digest.sha256(canonicalJson(request));

function refuseAnother(world: World, asked: Asked, known: Json | undefined): void {
  if (known === fingerprint(world, asked)) return;
  const why = `the idempotency key '${asked.key}' was used for another request`;
  throw new FailureError(failure('IDEMPOTENCY_MISMATCH', why, { field: 'Idempotency-Key' }));
}
