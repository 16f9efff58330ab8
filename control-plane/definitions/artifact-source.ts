import { configured, family, resolveTemplate, scope, type Layer } from '@fairlead/proto/expressions/index.ts';
import type { Failure } from '@fairlead/proto/model/failure.ts';
import type { ArtifactSource } from '@fairlead/proto/model/task.ts';
import { applicationsOf, entitiesOf, findEntity, namesOf, type Catalog, type Entity } from './catalog.ts';
import { whatExists } from './nearest.ts';
import { refuse } from './plan-request.ts';
import { secretAsTemplate } from './secret.ts';

/** Where the service's builds come from, ready for an agent; null when it has no artifact. */
export function artifactSource(
  application: Entity<'application'>,
  service: Entity<'service'>,
): { readonly source: ArtifactSource } | { readonly failures: readonly Failure[] } | null {
  const { artifact } = service.spec;
  if (artifact === undefined) return null;
  const failures: Failure[] = [];
  const known: Layer = {
    app: family({ name: configured(application.name) }),
    service: family({ name: configured(service.name) }),
  };
  const resolve = (text: string, name: string): ReturnType<typeof resolveTemplate> => {
    const resolved = resolveTemplate(text, scope([known]), { field: `services.${service.name}.artifact.${name}` });
    if (!resolved.ok) failures.push(...resolved.failures);
    return resolved;
  };
  const plain = (text: string, name: string): string => {
    const resolved = resolve(text, name);
    if (resolved.ok && typeof resolved.value === 'string') return resolved.value;
    if (resolved.ok)
      failures.push(
        refuse(
          `services.${service.name}.artifact.${name}`,
          `'${name}' may not hold a secret`,
          'Use headers for secrets.',
        ),
      );
    return '';
  };
  const source = ((): ArtifactSource => {
    if ('directory' in artifact)
      return { kind: 'DIRECTORY', path: plain(artifact.directory, 'directory'), match: artifact.match };
    if ('script' in artifact) return { kind: 'SCRIPT', script: plain(artifact.script, 'script') };
    const headers = Object.entries(artifact.headers ?? {}).map(([name, value]) => {
      const resolved = resolve(secretAsTemplate(value), `headers.${name}`);
      return [name, resolved.ok ? resolved.value : ''] as const;
    });
    const all = headers.length === 0 ? {} : { headers: Object.fromEntries(headers) };
    return { kind: 'HTTP', url: plain(artifact.http, 'http'), match: artifact.match, ...all };
  })();
  return failures.length > 0 ? { failures } : { source };
}

/** For listing builds without a deployment. */
export function serviceSource(
  catalog: Catalog,
  request: { readonly application?: string; readonly service: string },
): { readonly ok: true; readonly source: ArtifactSource; readonly selectors: readonly string[] } | Refused {
  const applications = applicationsOf(catalog).filter(
    ({ name }) => request.application === undefined || name === request.application,
  );
  const names = namesOf(applicationsOf(catalog));
  const [application] = applications;
  if (application === undefined || applications.length > 1) {
    const reason =
      application === undefined
        ? `there is no application '${request.application ?? ''}'`
        : 'there are several applications';
    return {
      ok: false,
      failures: [refuse('application', reason, whatExists(request.application ?? '', names, 'application'), names)],
    };
  }
  const service = findEntity(catalog, 'service', application.name, request.service);
  if (service === undefined) {
    const services = namesOf(entitiesOf(catalog, 'service', application.name));
    const reason = `there is no service '${request.service}'`;
    return {
      ok: false,
      failures: [refuse('service', reason, whatExists(request.service, services, 'service'), services)],
    };
  }
  const source = artifactSource(application, service);
  if (source === null) {
    return {
      ok: false,
      failures: [refuse('service', `the service '${service.name}' has no artifact`, 'Give it one.')],
    };
  }
  if ('failures' in source) return { ok: false, failures: source.failures };
  return { ok: true, source: source.source, selectors: selectorsFor(catalog, service) };
}

type Refused = { readonly ok: false; readonly failures: readonly Failure[] };

/** Of the first infrastructure it can be deployed to: its agents are the ones that will fetch the builds. */
function selectorsFor(catalog: Catalog, service: Entity<'service'>): readonly string[] {
  const fitting = entitiesOf(catalog, 'infrastructure', service.application).find(
    ({ spec }) => spec.services === undefined || spec.services.includes(service.name),
  );
  return fitting?.spec.agents ?? [];
}
