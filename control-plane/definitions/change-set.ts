/**
 * One document per apply: which entities are put and which are taken away. It holds the authored long form, nothing that
 * is generated, so that better defaults of a later release reach old definitions.
 */
import { sameJson, type Json } from '@fairlead/proto/model/json.ts';
import {
  addressKey,
  EMPTY_CATALOG,
  makeCatalog,
  shownName,
  type Catalog,
  type Entity,
  type EntityKind,
} from './catalog.ts';
import { isJsonList, isJsonObject } from './json-values.ts';
import { parseFiles, specJson, type SourceEntity } from './parse.ts';
import { sortProblems, type Problem, type SourceFile } from './problem.ts';
import { validate } from './validate.ts';

export interface ChangeSet {
  /** Version of the stored form. */
  readonly format: 1;
  readonly puts: readonly Entity[];
  /** Ids. */
  readonly removes: readonly string[];
}

export interface Change {
  readonly change: 'create' | 'update' | 'delete';
  readonly kind: EntityKind;
  readonly application: string;
  /** `prod/dc1` for an infrastructure. */
  readonly name: string;
}

export interface ApplyOptions {
  /** Called for each new entity; must never answer twice the same. */
  readonly newId: () => string;
  /** What the files leave out of the applications they name goes away. */
  readonly prune?: boolean;
}

export type Applied =
  | {
      /** Null when the files change nothing. */
      readonly changeSet: ChangeSet | null;
      readonly catalog: Catalog;
      readonly changes: readonly Change[];
    }
  | { readonly problems: readonly Problem[] };

/** What applying the files to the current definitions would do. All or nothing: one problem, and nothing changes. */
export function applyFiles(current: Catalog | null, files: readonly SourceFile[], options: ApplyOptions): Applied {
  const before = current ?? EMPTY_CATALOG;
  const parsed = parseFiles(files);
  const merged = merge(before, parsed.entities, options);
  const problems = [...parsed.problems, ...validate(merged.catalog, parsed.entities, parsed.damage)];
  return problems.length > 0 ? { problems: sortProblems(problems) } : merged;
}

function merge(
  before: Catalog,
  entities: readonly SourceEntity[],
  options: ApplyOptions,
): { changeSet: ChangeSet | null; catalog: Catalog; changes: readonly Change[] } {
  const stored = new Map(before.entities.map((entity) => [addressKey(entity), entity]));
  const given = new Set(entities.map(addressKey));
  const puts: Entity[] = [];
  const changes: Change[] = [];
  for (const entity of entities) {
    const old = stored.get(addressKey(entity));
    if (old !== undefined && (entity.mention || sameJson(specJson(old), specJson(entity)))) continue;
    const { kind, application, environment, name, spec } = entity;
    puts.push({ id: old?.id ?? options.newId(), kind, application, environment, name, spec });
    changes.push({ change: old === undefined ? 'create' : 'update', kind, application, name: shownName(entity) });
  }
  const applications = new Set(entities.map((entity) => entity.application));
  const removed =
    options.prune === true
      ? before.entities.filter((each) => applications.has(each.application) && !given.has(addressKey(each)))
      : [];
  for (const { kind, application, ...rest } of removed) {
    changes.push({ change: 'delete', kind, application, name: shownName({ kind, application, ...rest }) });
  }
  if (changes.length === 0) return { changeSet: null, catalog: before, changes };
  const changeSet: ChangeSet = { format: 1, puts, removes: removed.map((entity) => entity.id) };
  return { changeSet, catalog: applyAll(before, [changeSet]), changes };
}

/** All change sets of the store, oldest first. Throws on what no release ever wrote. */
export const foldChangeSets = (documents: readonly Json[], start: Catalog = EMPTY_CATALOG): Catalog =>
  applyAll(start, documents.map(readChangeSet));

/** There may be thousands of them: only what is there in the end is put in order. */
function applyAll(catalog: Catalog, changeSets: readonly ChangeSet[]): Catalog {
  const entities = new Map(catalog.entities.map((entity) => [entity.id, entity]));
  for (const { removes, puts } of changeSets) {
    for (const id of removes) entities.delete(id);
    for (const entity of puts) entities.set(entity.id, entity);
  }
  return makeCatalog([...entities.values()]);
}

/** Upcasts; there is one version so far. */
export function readChangeSet(document: Json): ChangeSet {
  if (!isJsonObject(document) || document['format'] !== 1) {
    throw new Error('a change set of this format can only be read by a newer release');
  }
  const { puts, removes } = document;
  if (!isJsonList(puts) || !isJsonList(removes)) throw new Error('a stored change set lacks puts or removes');
  // Written by `merge` of this or an earlier release, validated before.
  return document as unknown as ChangeSet;
}
