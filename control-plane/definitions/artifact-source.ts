import { configured, family, resolveTemplate, scope, type Layer } from '@fairlead/proto/expressions/index.ts';
import type { Failure } from '@fairlead/proto/model/failure.ts';
import type { ArtifactSource } from '@fairlead/proto/model/task.ts';
import { entitiesOf, type Catalog, type Entity } from './catalog.ts';
import { mapValues } from './json-values.ts';
import { refuse } from './refuse.ts';
import { secretAsTemplate } from './secret.ts';

/** As `artifactSource`, for a step of a plan: secrets are still templates, to be resolved when the step starts. */
export function artifactTemplate(
  application: Entity<'application'>,
  service: Entity<'service'>,
): ReturnType<typeof artifactSource> {
  const found = artifactSource(application, service);
  const { artifact } = service.spec;
  if (found === null || 'failures' in found || found.source.kind !== 'HTTP') return found;
  if (artifact === undefined || !('http' in artifact) || artifact.headers === undefined) return found;
  return { source: { ...found.source, headers: mapValues(artifact.headers, secretAsTemplate) } };
}

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

/** Selectors of the agents that reach the source: those of the first infrastructure the service may go to. */
export const listedBy = (catalog: Catalog, application: string, service: string): readonly string[] =>
  entitiesOf(catalog, 'infrastructure', application).find(
    ({ spec }) => spec.services === undefined || spec.services.includes(service),
  )?.spec.agents ?? [];
