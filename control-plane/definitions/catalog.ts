/** Everything that is defined at one revision: entities with ids that never change, in their long form. */
import type {
  LongApplication,
  LongEnvironment,
  LongGuard,
  LongInfrastructure,
  LongService,
  LongWorkflow,
} from './long-form.ts';
import type { LongPipeline } from './long-pipeline.ts';
import type { LongProvisioner } from './provisioner.ts';

export interface Specs {
  readonly application: LongApplication;
  readonly service: LongService;
  readonly environment: LongEnvironment;
  readonly infrastructure: LongInfrastructure;
  readonly workflow: LongWorkflow;
  readonly pipeline: LongPipeline;
  /** Of the whole account: its application is the empty one. */
  readonly guard: LongGuard;
  readonly provisioner: LongProvisioner;
  /** Of the whole account, as a guard is: `${account.defaults.NAME}`. */
  readonly default: { readonly value: string };
}

export type EntityKind = keyof Specs;
export const ENTITY_KINDS: readonly EntityKind[] = [
  'application',
  'service',
  'environment',
  'infrastructure',
  'workflow',
  'pipeline',
  'guard',
  'provisioner',
  'default',
];

/** What names an entity. People write it; ids are for journals, locks and permissions. */
export interface EntityAddress<K extends EntityKind = EntityKind> {
  readonly kind: K;
  /** Name of the application it belongs to, or its own. */
  readonly application: string;
  /** Of an infrastructure: the environment it belongs to; empty otherwise. */
  readonly environment: string;
  readonly name: string;
}

export interface Entity<K extends EntityKind = EntityKind> extends EntityAddress<K> {
  readonly id: string;
  readonly spec: Specs[K];
}

export interface Catalog {
  /** Version of the stored form; older ones are upcast when read. */
  readonly format: 1;
  /** In the order of their addresses. */
  readonly entities: readonly Entity[];
}

export const EMPTY_CATALOG: Catalog = { format: 1, entities: [] };

export const addressKey = (address: EntityAddress): string =>
  [address.application, ENTITY_KINDS.indexOf(address.kind), address.environment, address.name].join('\u0000');

/** `prod/dc1` for an infrastructure, otherwise the name. */
export const shownName = (address: EntityAddress): string =>
  address.kind === 'infrastructure' ? `${address.environment}/${address.name}` : address.name;

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export function makeCatalog(entities: readonly Entity[]): Catalog {
  const keyed = entities.map((entity) => ({ entity, key: addressKey(entity) }));
  keyed.sort((a, b) => byText(a.key, b.key));
  return { format: 1, entities: keyed.map(({ entity }) => entity) };
}

interface Index {
  readonly lists: ReadonlyMap<string, readonly Entity[]>;
  readonly byAddress: ReadonlyMap<string, Entity>;
}

/** A catalog never changes, so what is found in it once is found for good. */
const indexes = new WeakMap<Catalog, Index>();

function indexOf(catalog: Catalog): Index {
  const known = indexes.get(catalog);
  if (known !== undefined) return known;
  const lists = new Map<string, Entity[]>();
  for (const entity of catalog.entities) {
    const keys = [listKey(entity.kind, entity.application)];
    if (entity.kind === 'infrastructure') keys.push(listKey(entity.kind, entity.application, entity.environment));
    for (const key of keys) {
      const list = lists.get(key);
      if (list === undefined) lists.set(key, [entity]);
      else list.push(entity);
    }
  }
  const byAddress = new Map(catalog.entities.map((entity) => [addressKey(entity), entity]));
  const index = { lists, byAddress };
  indexes.set(catalog, index);
  return index;
}

const listKey = (kind: EntityKind, application: string, environment = ''): string =>
  [kind, application, environment].join('\u0000');

export const entitiesOf = <K extends EntityKind>(
  catalog: Catalog,
  kind: K,
  application: string,
): readonly Entity<K>[] =>
  // The list of a kind holds entities of that kind.
  (indexOf(catalog).lists.get(listKey(kind, application)) ?? []) as readonly Entity<K>[];

/** Not for infrastructures, whose names are unique in their environment only. */
export const findEntity = <K extends Exclude<EntityKind, 'infrastructure'>>(
  catalog: Catalog,
  kind: K,
  application: string,
  name: string,
): Entity<K> | undefined =>
  // The address names the kind.
  indexOf(catalog).byAddress.get(addressKey({ kind, application, environment: '', name })) as Entity<K> | undefined;

export const infrastructuresOf = (
  catalog: Catalog,
  application: string,
  environment: string,
): readonly Entity<'infrastructure'>[] =>
  // The list of a kind holds entities of that kind.
  (indexOf(catalog).lists.get(listKey('infrastructure', application, environment)) ??
    []) as readonly Entity<'infrastructure'>[];

/** By name. */
export const provisionersOf = (catalog: Catalog, application: string): Readonly<Record<string, LongProvisioner>> =>
  Object.fromEntries(entitiesOf(catalog, 'provisioner', application).map(({ name, spec }) => [name, spec]));

export const applicationsOf = (catalog: Catalog): readonly Entity<'application'>[] =>
  // Filtered by kind.
  catalog.entities.filter((entity) => entity.kind === 'application') as readonly Entity<'application'>[];

/** What belongs to no application. */
export const ACCOUNT = '';

export const guardsOf = (catalog: Catalog): readonly Entity<'guard'>[] => entitiesOf(catalog, 'guard', ACCOUNT);

/** Name → value. */
export const accountDefaults = (catalog: Catalog): Readonly<Record<string, string>> =>
  Object.fromEntries(entitiesOf(catalog, 'default', ACCOUNT).map(({ name, spec }) => [name, spec.value]));

export const namesOf = (entities: readonly { readonly name: string }[]): readonly string[] =>
  entities.map((entity) => entity.name);
