import { failure, FailureError, type Failure } from '@fairlead/proto/model/failure.ts';
import type { ArtifactSource } from '@fairlead/proto/model/task.ts';
import {
  applicationsOf,
  entitiesOf,
  findEntity,
  infrastructuresOf,
  namesOf,
  type Catalog,
} from '../definitions/catalog.ts';
import type { Selection } from '../definitions/explain.ts';
import { whatExists } from '../definitions/nearest.ts';
import { artifactSource } from '../definitions/plan.ts';

const KINDS = {
  application: 'application',
  applications: 'application',
  service: 'service',
  services: 'service',
  environment: 'environment',
  environments: 'environment',
  workflow: 'workflow',
  workflows: 'workflow',
} as const;

const isKind = (text: string): text is keyof typeof KINDS => Object.hasOwn(KINDS, text);

/** Singular or plural, as people write it. */
export function selectDefinitions(query: { readonly kind?: string; readonly name?: string }): Selection {
  const { kind, name } = query;
  const named = name === undefined ? {} : { name };
  if (kind === undefined) return named;
  if (isKind(kind)) return { kind: KINDS[kind], ...named };
  const mend = whatExists(kind, Object.keys(KINDS), 'kind');
  throw refuse('kind', `there is no kind of definition '${kind}'. ${mend}`);
}

/** Where the builds of a service come from, and who can list them. */
export function findSource(
  catalog: Catalog,
  query: { readonly application?: string; readonly service: string },
): { readonly source: ArtifactSource; readonly selectors: readonly string[] } {
  const applications = applicationsOf(catalog);
  const application =
    query.application === undefined && applications.length === 1
      ? applications[0]
      : applications.find((each) => each.name === query.application);
  if (application === undefined) {
    throw refuse('application', `say which application: ${namesOf(applications).join(', ') || 'there is none'}`);
  }
  const service = findEntity(catalog, 'service', application.name, query.service);
  if (service === undefined) {
    const names = namesOf(entitiesOf(catalog, 'service', application.name));
    throw refuse('service', `there is no service '${query.service}'. ${whatExists(query.service, names, 'service')}`);
  }
  const found = artifactSource(application, service);
  if (found === null) throw refuse('service', `the service '${service.name}' has no artifact`);
  if ('failures' in found) throw failures(found.failures);
  const environments = entitiesOf(catalog, 'environment', application.name);
  const [infrastructure] = environments.flatMap((each) => infrastructuresOf(catalog, application.name, each.name));
  return { source: found.source, selectors: infrastructure?.spec.agents ?? [] };
}

const refuse = (field: string, message: string): FailureError =>
  new FailureError(failure('NOT_FOUND', message, { field }));

function failures([
  first = failure('INVALID_INPUT', 'the source cannot be read'),
  ...rest
]: readonly Failure[]): FailureError {
  return new FailureError(first, ...rest);
}
