import { failure, FailureError } from '@fairlead/proto/model/failure.ts';

/** Who asks: a person, an API key, or the system itself. */
export interface Actor {
  readonly id: string;
  readonly name: string;
  readonly kind: 'USER' | 'KEY' | 'SYSTEM';
  /** Verbs it may use; `*` is all of them. */
  readonly rights: readonly (Verb | '*')[];
}

export const VERBS = ['read', 'define', 'execute', 'abort', 'rollback', 'administer'] as const;
export type Verb = (typeof VERBS)[number];

/** The one gate: every use case passes it before it does anything. Execute implies abort. */
export function authorize(actor: Actor, verb: Verb, resource: string): void {
  const rights = actor.rights;
  if (rights.includes('*') || rights.includes(verb)) return;
  if (verb === 'abort' && rights.includes('execute')) return;
  throw new FailureError(
    failure('FORBIDDEN', `${actor.name} may not ${verb} ${resource}: the right \`${verb}\` is missing`),
  );
}
