/** What executions take turns with, infrastructure and guards alike, with the names of those who hold it and who wait. */
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { Rows } from '../ports/rows.ts';
import type { GuardView, LockView, LockWaiterView, QueuePlaceView, QueueView } from './use-cases.ts';

type Known = ReadonlyMap<ExecutionId, QueuePlaceView['execution']>;

export async function queuesOf(
  rows: Rows,
  locks: readonly LockView[],
  guards: readonly GuardView[],
): Promise<readonly QueueView[]> {
  const units = guards.flatMap((guard) => guard.units.map((unit) => ({ guard, ...unit })));
  const known = await namesOf(
    rows,
    [...locks, ...units].flatMap(({ active, blocked }) => [...active, ...blocked]),
  );
  const queues: readonly QueueView[] = [
    ...locks.map(({ name, active, blocked }): QueueView => {
      const terms = { capacity: 1, used: active.length, strategy: 'FIFO' } as const;
      return { kind: 'INFRASTRUCTURE', name, unit: '', ...terms, ...placesOf(known, active, blocked) };
    }),
    ...units.map(({ guard: { name, capacity, strategy }, unit, used, active, blocked }): QueueView => {
      return { kind: 'GUARD', name, unit, capacity, used, strategy, ...placesOf(known, active, blocked) };
    }),
  ];
  return queues.toSorted((one, other) => other.waiting.length - one.waiting.length);
}

function placesOf(
  known: Known,
  active: readonly LockWaiterView[],
  blocked: readonly LockWaiterView[],
): Pick<QueueView, 'holders' | 'waiting'> {
  const named = (place: LockWaiterView): QueuePlaceView => ({
    ...place,
    execution: known.get(place.executionId) ?? null,
  });
  return { holders: active.map(named), waiting: blocked.map(named) };
}

async function namesOf(rows: Rows, places: readonly LockWaiterView[]): Promise<Known> {
  const ids = [...new Set(places.map((place) => place.executionId))];
  const found = await Promise.all(ids.map((id) => rows.getExecution(id)));
  return new Map(
    found.flatMap((row) => {
      if (row === null) return [];
      const { executionId, name, application, actor } = row;
      return [[executionId, { name, application, actor }] as const];
    }),
  );
}
