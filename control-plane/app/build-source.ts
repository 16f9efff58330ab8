import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { ArtifactSource } from '@fairlead/proto/model/task.ts';
import { artifactSource, listedBy } from '../definitions/artifact-source.ts';
import { applicationsOf, entitiesOf, findEntity, namesOf, type Catalog } from '../definitions/catalog.ts';
import { whatExists } from '../definitions/nearest.ts';
import { refused } from './plan-lookups.ts';

/** Where the builds of a service come from, and which agents can list them. */
export function buildSource(
  catalog: Catalog,
  query: { readonly application?: string; readonly service: string },
): { readonly source: ArtifactSource; readonly selectors: readonly string[] } {
  const all = applicationsOf(catalog);
  const fitting = all.filter(({ name }) => query.application === undefined || name === query.application);
  const [application] = fitting;
  if (application === undefined || fitting.length > 1) {
    const mend = all.length === 0 ? 'Apply a file that defines one.' : `Name one of ${namesOf(all).join(', ')}.`;
    throw unknown('application', all.length === 0 ? 'there is no application yet' : 'say which application', mend);
  }
  const service = findEntity(catalog, 'service', application.name, query.service);
  if (service === undefined) {
    const names = namesOf(entitiesOf(catalog, 'service', application.name));
    throw unknown('service', `there is no service '${query.service}'`, whatExists(query.service, names, 'service'));
  }
  const found = artifactSource(application, service);
  if (found === null)
    throw unknown('service', `the service '${service.name}' has no artifact`, 'Give it one, and apply that.');
  if ('failures' in found) throw refused(found.failures);
  return { source: found.source, selectors: listedBy(catalog, application.name, service.name) };
}

const unknown = (field: string, reason: string, mend: string): FailureError =>
  new FailureError(failure('NOT_FOUND', `${reason}. ${mend}`, { field, details: { mend } }));
