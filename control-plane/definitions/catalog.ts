/** Everything that is defined at one revision: entities with ids that never change, in their long form. */
import type { LongApplication, LongEnvironment, LongInfrastructure, LongService, LongWorkflow } from './long-form.ts';

export interface Specs {
  readonly application: LongApplication;
  readonly service: LongService;
  readonly environment: LongEnvironment;
  readonly infrastructure: LongInfrastructure;
  readonly workflow: LongWorkflow;
}

export type EntityKind = keyof Specs;
export const ENTITY_KINDS: readonly EntityKind[] = [
  'application',
  'service',
  'environment',
  'infrastructure',
  'workflow',
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
  /** In the order of `compareEntities`. */
  readonly entities: readonly Entity[];
}

export const EMPTY_CATALOG: Catalog = { format: 1, entities: [] };

export const addressKey = (address: EntityAddress): string =>
  [address.application, ENTITY_KINDS.indexOf(address.kind), address.environment, address.name].join('\u0000');

/** `prod/dc1` for an infrastructure, otherwise the name. */
export const shownName = (address: EntityAddress): string =>
  address.kind === 'infrastructure' ? `${address.environment}/${address.name}` : address.name;

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const compareEntities = (a: EntityAddress, b: EntityAddress): number => byText(addressKey(a), addressKey(b));

export const makeCatalog = (entities: readonly Entity[]): Catalog => ({
  format: 1,
  entities: entities.toSorted(compareEntities),
});

const isOfKind = <K extends EntityKind>(entity: Entity, kind: K): entity is Entity<K> & Entity => entity.kind === kind;

export const entitiesOf = <K extends EntityKind>(
  catalog: Catalog,
  kind: K,
  application: string,
): readonly Entity<K>[] =>
  catalog.entities.filter(
    (entity): entity is Entity<K> & Entity => isOfKind(entity, kind) && entity.application === application,
  );

export const findEntity = <K extends EntityKind>(
  catalog: Catalog,
  kind: K,
  application: string,
  name: string,
): Entity<K> | undefined => entitiesOf(catalog, kind, application).find((entity) => entity.name === name);

export const infrastructuresOf = (
  catalog: Catalog,
  application: string,
  environment: string,
): readonly Entity<'infrastructure'>[] =>
  entitiesOf(catalog, 'infrastructure', application).filter((entity) => entity.environment === environment);

export const applicationsOf = (catalog: Catalog): readonly Entity<'application'>[] =>
  catalog.entities.filter((entity): entity is Entity<'application'> & Entity => isOfKind(entity, 'application'));

export const namesOf = (entities: readonly { readonly name: string }[]): readonly string[] =>
  entities.map((entity) => entity.name);
