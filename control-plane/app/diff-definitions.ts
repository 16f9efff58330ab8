import type { ExecutionDiff } from '@fairlead/proto/diff.ts';
import { canonicalJson, sameJson, type Json } from '@fairlead/proto/model/json.ts';
import { addressKey, shownName, type Catalog, type Entity } from '../definitions/catalog.ts';
import type { Execution } from '../engine/execution.ts';

interface Planned {
  readonly execution: Execution;
  readonly catalog: Catalog;
}

/** What changed between the two revisions about anything that either was planned from. */
export function diffDefinitions(a: Planned, b: Planned): ExecutionDiff['definition'] {
  const left = new Map(usedBy(a).map((entity) => [addressKey(entity), entity]));
  const right = new Map(usedBy(b).map((entity) => [addressKey(entity), entity]));
  return [...new Set([...left.keys(), ...right.keys()])].toSorted().flatMap((key): ExecutionDiff['definition'] => {
    const [inA, inB] = [left.get(key), right.get(key)];
    const entity = inA ?? inB;
    if (entity === undefined) return [];
    const named = { kind: entity.kind, name: shownName(entity) };
    if (inA === undefined) return [{ ...named, change: 'ONLY_B', paths: [] }];
    if (inB === undefined) return [{ ...named, change: 'ONLY_A', paths: [] }];
    const paths = differences('', specOf(inA), specOf(inB));
    return paths.length === 0 ? [] : [{ ...named, change: 'CHANGED', paths }];
  });
}

const specOf = (entity: Entity): Json => entity.spec as unknown as Json; // Plain data.

function usedBy({ execution: { plan }, catalog }: Planned): readonly Entity[] {
  const used = new Set<string>([`application ${plan.application.name}`]);
  const add = (kind: string, name: string | undefined): void => void used.add(`${kind} ${name ?? ''}`);
  for (const run of plan.stages.flatMap((stage) => stage.runs)) {
    add('workflow', run.workflow.name);
    add('environment', run.environment?.name);
    for (const { service, infrastructure } of run.phases) {
      add('service', service?.name);
      if (infrastructure !== null) add('infrastructure', `${run.environment?.name ?? ''}/${infrastructure.name}`);
    }
  }
  return catalog.entities.filter(
    (entity) =>
      entity.application === plan.application.name &&
      // What it was started by, whatever kind that is.
      (used.has(`${entity.kind} ${shownName(entity)}`) || (plan.kind === 'PIPELINE' && entity.name === plan.name)),
  );
}

type PathDiff = ExecutionDiff['definition'][number]['paths'][number];

function differences(path: string, a: Json | undefined, b: Json | undefined): readonly PathDiff[] {
  if (sameJson(a, b)) return [];
  const [left, right] = [partsOf(a), partsOf(b)];
  if (left === null || right === null) return [{ path, a: textOf(a), b: textOf(b) }];
  const names = [...new Set([...left.keys(), ...right.keys()])];
  return names.flatMap((name) => differences(path === '' ? name : `${path}.${name}`, left.get(name), right.get(name)));
}

function partsOf(value: Json | undefined): ReadonlyMap<string, Json> | null {
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : null;
}

const textOf = (value: Json | undefined): string | null =>
  value === undefined ? null : typeof value === 'string' ? value : canonicalJson(value);
