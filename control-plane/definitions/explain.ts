/** Definitions as text: as they were written, in the long form, or with everything that is generated. */
import { stringify } from 'yaml';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import {
  ACCOUNT,
  applicationsOf,
  entitiesOf,
  findEntity,
  guardsOf,
  infrastructuresOf,
  type Catalog,
  type Entity,
} from './catalog.ts';
import {
  completeApplication,
  completeEnvironment,
  completeGuard,
  completeInfrastructure,
  completeService,
  completeWorkflow,
} from './complete.ts';
import { completePipeline } from './complete-pipeline.ts';
import { asJson } from './json-values.ts';
import { completeProvisioner } from './provisioner.ts';
import { templatized } from './workflow-inputs.ts';

export type DefinitionKind =
  'application' | 'service' | 'environment' | 'workflow' | 'pipeline' | 'provisioner' | 'guard' | 'default';

export interface Selection {
  readonly application?: string;
  /** All kinds when left out. */
  readonly kind?: DefinitionKind;
  readonly name?: string;
}

/** What is stored, nothing generated: applying it again changes nothing. */
export const printDefinitions = (catalog: Catalog, selection: Selection = {}): string =>
  print(catalog, AS_WRITTEN, selection);

/** With every generated default. Applying it gives definitions that explain to the same text. */
export const explainCatalog = (catalog: Catalog, selection: Selection = {}): string =>
  print(catalog, COMPLETE, selection);

/** One item per definition, as written, for clients that want data. */
export function definitionItems(catalog: Catalog, selection: Selection = {}): readonly JsonObject[] {
  return catalog.entities
    .filter((each) => each.kind !== 'infrastructure' && isSelected(each, selection))
    .map((entity) => {
      const { id, kind, application, name } = entity;
      const spec =
        entity.kind === 'environment'
          ? environmentSpec(catalog, entity as Entity<'environment'>, AS_WRITTEN)
          : entity.spec;
      return { id, kind, application, name, spec: asJson(spec) };
    });
}

interface Forms {
  readonly application: (entity: Entity<'application'>) => object;
  readonly service: (entity: Entity<'service'>) => object;
  readonly environment: (entity: Entity<'environment'>) => object;
  readonly infrastructure: (entity: Entity<'infrastructure'>) => object;
  readonly workflow: (entity: Entity<'workflow'>, catalog: Catalog) => object;
  readonly pipeline: (entity: Entity<'pipeline'>, catalog: Catalog) => object;
  readonly guard: (entity: Entity<'guard'>) => object;
  readonly provisioner: (entity: Entity<'provisioner'>) => object;
}

const AS_WRITTEN: Forms = {
  application: ({ spec }) => spec,
  service: ({ spec }) => spec,
  environment: ({ spec }) => spec,
  infrastructure: ({ spec }) => spec,
  workflow: ({ spec }) => spec,
  pipeline: ({ spec }) => spec,
  guard: ({ spec }) => spec,
  provisioner: ({ spec }) => spec,
};

const COMPLETE: Forms = {
  application: ({ spec }) => completeApplication(spec),
  service: ({ spec }) => completeService(spec),
  environment: ({ spec }) => completeEnvironment(spec),
  infrastructure: ({ spec }) => completeInfrastructure(spec),
  workflow: ({ spec, application }, catalog) =>
    completeWorkflow(spec, ({ service: name = '' }) => {
      const service = templatized(name) === null ? findEntity(catalog, 'service', application, name) : undefined;
      return service === undefined ? null : completeService(service.spec);
    }),
  pipeline: ({ spec, application }, catalog) => completePipeline(spec, catalog, application),
  guard: ({ spec }) => completeGuard(spec),
  provisioner: ({ spec }) => completeProvisioner(spec),
};

const isSelected = (entity: Entity, { application, kind, name }: Selection): boolean =>
  (application === undefined || entity.application === application) &&
  (kind === undefined || entity.kind === kind) &&
  (name === undefined || entity.name === name);

/** One document per application. */
function print(catalog: Catalog, forms: Forms, selection: Selection): string {
  const documents = applicationsOf(catalog)
    .filter(({ name }) => selection.application === undefined || selection.application === name)
    .flatMap((application) => {
      const document = writeApplication(catalog, application, forms, selection);
      return document === null ? [] : [stringify(document, YAML_OPTIONS)];
    });
  const account = writeAccount(catalog, forms, selection);
  return [...(account === null ? [] : [stringify(account, YAML_OPTIONS)]), ...documents].join('---\n');
}

/** Nothing is folded or shared, so that the same definitions always give the same text. */
const YAML_OPTIONS = { lineWidth: 0, aliasDuplicateObjects: false, version: '1.2' } as const;

/** The one document of the account. */
function writeAccount(catalog: Catalog, forms: Forms, selection: Selection): object | null {
  if (selection.application !== undefined) return null;
  const guards = guardsOf(catalog).filter((entity) => isSelected(entity, selection));
  const defaults = entitiesOf(catalog, 'default', ACCOUNT).filter((entity) => isSelected(entity, selection));
  if (guards.length === 0 && defaults.length === 0) return null;
  return {
    fairlead: 'v1',
    ...(guards.length === 0
      ? {}
      : { guards: Object.fromEntries(guards.map((each) => [each.name, forms.guard(each)])) }),
    ...(defaults.length === 0
      ? {}
      : { defaults: Object.fromEntries(defaults.map((each) => [each.name, each.spec.value])) }),
  };
}

function writeApplication(
  catalog: Catalog,
  application: Entity<'application'>,
  forms: Forms,
  selection: Selection,
): object | null {
  const { name } = application;
  const described = forms.application(application);
  const chosen = <K extends Exclude<DefinitionKind, 'application' | 'default'>>(kind: K): readonly Entity<K>[] =>
    entitiesOf(catalog, kind, name).filter((entity) => isSelected(entity, selection));
  const services = chosen('service').map((each) => [each.name, forms.service(each)]);
  const environments = chosen('environment').map((each) => [each.name, environmentSpec(catalog, each, forms)]);
  const provisioners = chosen('provisioner').map((each) => [each.name, forms.provisioner(each)]);
  const workflows = chosen('workflow').map((each) => [each.name, forms.workflow(each, catalog)]);
  const pipelines = chosen('pipeline').map((each) => [each.name, forms.pipeline(each, catalog)]);
  const whole = selection.kind === undefined || selection.kind === 'application';
  if (!whole && [services, environments, provisioners, workflows, pipelines].every((each) => each.length === 0))
    return null;
  return {
    fairlead: 'v1',
    application: whole && Object.keys(described).length > 0 ? { name, ...described } : name,
    ...(services.length === 0 ? {} : { services: Object.fromEntries(services) as object }),
    ...(environments.length === 0 ? {} : { environments: Object.fromEntries(environments) as object }),
    ...(provisioners.length === 0 ? {} : { provisioners: Object.fromEntries(provisioners) as object }),
    ...(workflows.length === 0 ? {} : { workflows: Object.fromEntries(workflows) as object }),
    ...(pipelines.length === 0 ? {} : { pipelines: Object.fromEntries(pipelines) as object }),
  };
}

function environmentSpec(catalog: Catalog, environment: Entity<'environment'>, forms: Forms): object {
  const infrastructures = infrastructuresOf(catalog, environment.application, environment.name);
  return {
    ...forms.environment(environment),
    ...(infrastructures.length === 0
      ? {}
      : { infrastructure: Object.fromEntries(infrastructures.map((each) => [each.name, forms.infrastructure(each)])) }),
  };
}
