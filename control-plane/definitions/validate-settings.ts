/** The entities a phase names, where it names them; each that does not exist is told with those that do. */
import { entitiesOf, findEntity, infrastructuresOf, namesOf, type Catalog, type Entity } from './catalog.ts';
import { candidateInfrastructures } from './check-scope.ts';
import type { LongInfrastructure } from './long-form.ts';
import { whatExists } from './nearest.ts';
import type { PhaseSource } from './phases.ts';
import type { Report } from './problem.ts';
import { templatized } from './workflow-inputs.ts';

/** Null: by an input, or not told (which has been reported). */
export interface Settings {
  readonly service: string | null;
  readonly environment: string | null;
  readonly infrastructure: string | null;
}

/** `report` is of what is wrong, `missing` of what is not there yet. */
export interface Reports {
  readonly report: Report;
  readonly missing: Report;
}

export function resolveEnvironment(
  { spec, application }: Entity<'workflow'>,
  catalog: Catalog,
  { report, missing }: Reports,
): string | null {
  const { environment } = spec;
  if (environment === undefined) {
    missing(
      [],
      'the workflow has no environment',
      'Add environment: with a name, or ${Environment} to be asked for it.',
      'key',
    );
    return null;
  }
  if (templatized(environment) !== null) return null;
  checkExists(catalog, application, 'environment', environment, ['environment'], report);
  return environment;
}

export function resolveSettings(
  phase: PhaseSource,
  environment: string | null,
  { application }: Entity<'workflow'>,
  catalog: Catalog,
  { report, missing }: Reports,
): Settings {
  const service = resolveService(phase, application, catalog, { report, missing });
  const { infrastructure, infrastructurePath: path } = phase;
  if (infrastructure !== undefined && templatized(infrastructure) !== null) {
    return { service, environment, infrastructure: null };
  }
  const found = environment === null ? undefined : findEntity(catalog, 'environment', application, environment);
  if (environment === null) {
    const all = namesOf(entitiesOf(catalog, 'infrastructure', application));
    if (infrastructure !== undefined && !all.includes(infrastructure)) {
      const reason = `there is no infrastructure '${infrastructure}' in any environment`;
      report(path, reason, whatExists(infrastructure, all, 'infrastructure'));
    }
  }
  if (environment === null || found === undefined) {
    return { service, environment, infrastructure: infrastructure ?? null };
  }
  const of = { service, environment, application };
  return { service, environment, infrastructure: chooseInfrastructure(phase, of, catalog, { report, missing }) };
}

function resolveService(
  { service, path, servicePath }: PhaseSource,
  application: string,
  catalog: Catalog,
  { report, missing }: Reports,
): string | null {
  if (service === undefined) {
    const what = path.length === 0 ? 'the workflow' : 'the phase';
    missing(path, `${what} has no service`, 'Add service: with a name, or ${Service} to be asked for it.', 'key');
    return null;
  }
  if (templatized(service) !== null) return null;
  checkExists(catalog, application, 'service', service, servicePath, report);
  return service;
}

function checkExists(
  catalog: Catalog,
  application: string,
  kind: 'service' | 'environment',
  name: string,
  path: PhaseSource['path'],
  report: Report,
): void {
  const existing = namesOf(entitiesOf(catalog, kind, application));
  // An expression that is more than one input has been told already.
  if (existing.includes(name) || name.includes('${')) return;
  report(path, `there is no ${kind} '${name}'`, whatExists(name, existing, kind));
}

function chooseInfrastructure(
  { infrastructure: wanted, infrastructurePath: path }: PhaseSource,
  of: { readonly service: string | null; readonly environment: string; readonly application: string },
  catalog: Catalog,
  { report, missing }: Reports,
): string | null {
  const { service, environment, application } = of;
  const all = infrastructuresOf(catalog, application, environment);
  const fitting = candidateInfrastructures(catalog, application, environment, service);
  if (wanted !== undefined) {
    const found = all.find((each) => each.name === wanted);
    if (found === undefined) {
      const reason = `there is no infrastructure '${wanted}' in environment '${environment}'`;
      report(path, reason, whatExists(wanted, namesOf(all), 'infrastructure'));
    } else if (!fitting.includes(found)) {
      const others = namesOf(fitting).join(', ') || 'none';
      report(
        path,
        `the infrastructure '${wanted}' is not for the service '${service}'`,
        `Name the service in its services:, or choose another. For this one: ${others}.`,
      );
    }
    return wanted;
  }
  if (fitting.length === 1) return fitting[0]?.name ?? null;
  const mend =
    fitting.length === 0
      ? `Add one to environments.${environment}.infrastructure.`
      : `Add infrastructure: with one of ${namesOf(fitting).join(', ')}.`;
  const has = fitting.length === 0 ? 'has none for it' : `has ${fitting.length} for it`;
  missing(['environment'], `the infrastructure is not named, and the environment '${environment}' ${has}`, mend);
  return null;
}

/** Null: only known when it is deployed. */
export function infrastructureOf(
  application: string,
  { environment, infrastructure }: Settings,
  catalog: Catalog,
): LongInfrastructure | null {
  if (environment === null || infrastructure === null) return null;
  const all = infrastructuresOf(catalog, application, environment);
  return all.find((each) => each.name === infrastructure)?.spec ?? null;
}
