import { failure, FailureError } from '@fairlead/proto/model/failure.ts';

/** Who asks: a person, an API key, or the system itself. */
export interface Actor {
  readonly id: string;
  readonly name: string;
  readonly kind: 'USER' | 'KEY' | 'SYSTEM';
  /** Verbs it may use; `*` is all of them. */
  readonly rights: readonly Right[];
  /** Which API key it came with, or its session goes back to; undefined: none. */
  readonly keyId?: string;
}

/** `manage` is Manage Applications (orchestration 1.15). */
export const VERBS = ['read', 'define', 'execute', 'approve', 'abort', 'rollback', 'manage', 'administer'] as const;
export type Verb = (typeof VERBS)[number];
export type Right = Verb | '*';

export interface Policy {
  /** Whoever may execute may abort as well. */
  readonly executeImpliesAbort: boolean;
}

const USUAL: Policy = { executeImpliesAbort: true };

/** A rollback changes what runs without anybody deploying: it takes the right to manage as well (orchestration 1.15). */
const NEEDS: Partial<Record<Verb, readonly Verb[]>> = { rollback: ['rollback', 'manage'] };

/** The one gate: every use case passes it before it does anything. */
export function authorize(actor: Actor, verb: Verb, resource: string, policy: Policy = USUAL): void {
  const missing = (NEEDS[verb] ?? [verb]).filter((each) => !holds(actor, each, policy));
  if (missing.length === 0) return;
  const rights = missing.map((each) => `\`${each}\``).join(' and ');
  const what = missing.length === 1 ? `the right ${rights} is` : `the rights ${rights} are`;
  throw new FailureError(failure('FORBIDDEN', `${actor.name} may not ${verb} ${resource}: ${what} missing`));
}

const holds = ({ rights }: Actor, verb: Verb, policy: Policy): boolean =>
  rights.includes('*') ||
  rights.includes(verb) ||
  (verb === 'abort' && policy.executeImpliesAbort && rights.includes('execute'));

/** Nobody gives away what they do not have. */
export function mayGive(actor: Actor, rights: readonly Right[]): void {
  const more = rights.filter((each) => !actor.rights.includes('*') && !actor.rights.includes(each));
  if (more.length === 0) return;
  throw new FailureError(
    failure('FORBIDDEN', `${actor.name} may not give rights that ${actor.name} does not have: ${more.join(', ')}`),
  );
}
