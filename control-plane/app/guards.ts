/** Guards as people see them: what is defined, who uses how much of it, and who waits. */
import { executionOf } from '@fairlead/proto/model/ids.ts';
import { guardsOf } from '../definitions/catalog.ts';
import type { DefinitionStore } from './definition-store.ts';
import type { LockKeeper } from './lock-keeper.ts';
import { permitsHeld, permitsOf, type LockPlace, type LockState, type LockTerms } from './lock-state.ts';
import type { GuardView, LockView, LockWaiterView } from './use-cases.ts';

/** Null when the guard is defined no longer. */
export async function guardNow(definitions: DefinitionStore, id: string): Promise<LockTerms | null> {
  const { catalog, revision } = await definitions.current();
  const guard = guardsOf(catalog).find((each) => each.id === id);
  if (guard === undefined) return null;
  const { capacity, strategy } = guard.spec;
  return { capacity, strategy: strategy === 'asap' ? 'ASAP' : 'FIFO', revision };
}

export async function listGuards(definitions: DefinitionStore, locks: LockKeeper): Promise<readonly GuardView[]> {
  const { catalog } = await definitions.current();
  return Promise.all(
    guardsOf(catalog).map(async ({ id, name, spec }) => {
      const prefix = `guard:${id}/`;
      const units = (await locks.list(prefix)).filter(({ state }) => isInUse(state));
      return {
        name,
        capacity: spec.capacity,
        strategy: spec.strategy === 'asap' ? ('ASAP' as const) : ('FIFO' as const),
        units: units.map(({ key, state }) => ({
          unit: key.slice(prefix.length),
          used: permitsHeld(state),
          active: state.holders.map(shown),
          blocked: state.queue.map(shown),
        })),
      };
    }),
  );
}

/** The queues of infrastructure: whoever holds it is ACTIVE, whoever waits BLOCKED (orchestration 8.1). */
export async function listLocks(definitions: DefinitionStore, locks: LockKeeper): Promise<readonly LockView[]> {
  const { catalog } = await definitions.current();
  const names = new Map(catalog.entities.map((entity) => [entity.id, entity.name]));
  const all = (await locks.list()).filter(({ key, state }) => !key.startsWith('guard:') && isInUse(state));
  return all.map(({ key, state }) => ({
    key,
    name: key
      .split('/')
      .map((id) => names.get(id) ?? id)
      .join('/'),
    active: state.holders.map(shown),
    blocked: state.queue.map(shown),
  }));
}

const isInUse = (state: LockState): boolean => state.holders.length + state.queue.length > 0;

const shown = (place: LockPlace): LockWaiterView => ({
  executionId: executionOf(place.requestId),
  by: place.requestId,
  ticket: place.ticket,
  permits: permitsOf(place),
  since: place.heldAt ?? place.askedAt ?? null,
});
