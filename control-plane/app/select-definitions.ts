import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { Selection } from '../definitions/explain.ts';
import { whatExists } from '../definitions/nearest.ts';

const KINDS = {
  application: 'application',
  applications: 'application',
  service: 'service',
  services: 'service',
  environment: 'environment',
  environments: 'environment',
  workflow: 'workflow',
  workflows: 'workflow',
  pipeline: 'pipeline',
  pipelines: 'pipeline',
  guard: 'guard',
  guards: 'guard',
  default: 'default',
  defaults: 'default',
  provisioner: 'provisioner',
  provisioners: 'provisioner',
} as const;

const isKind = (text: string): text is keyof typeof KINDS => Object.hasOwn(KINDS, text);

/** Singular or plural, as people write it. */
export function selectDefinitions(query: { readonly kind?: string; readonly name?: string }): Selection {
  const { kind, name } = query;
  const named = name === undefined ? {} : { name };
  if (kind === undefined) return named;
  if (isKind(kind)) return { kind: KINDS[kind], ...named };
  const mend = whatExists(kind, Object.keys(KINDS), 'kind');
  throw new FailureError(
    failure('NOT_FOUND', `there is no kind of definition '${kind}'. ${mend}`, { field: 'kind', details: { mend } }),
  );
}
