import { z } from 'zod';

/**
 * Text of a resolved parameter: plain, or with references that only the agent can fill in. The author's form is a
 * template string, which is the plain case, so one schema serves both.
 */
export const text = z.union([
  z.string(),
  z.object({ parts: z.array(z.union([z.string(), z.looseObject({ late: z.string() })])) }),
]);

/** One row of the catalog. The engine, the agent, the editor and the documentation all read it. */
export interface StepType {
  /** Name in journals and on the wire; never renamed. */
  readonly type: string;
  /** Key in the language: `- http: …`. */
  readonly key: string;
  readonly title: string;
  readonly summary: string;
  readonly parameters: z.ZodType;
  /** Scalar short form: which parameter a bare scalar fills (`- http: URL`); null when there is none. */
  readonly shortForm: string | null;
  /** Once on the agent, or once per selected host of the phase; `decided` needs no agent at all. */
  readonly runs: 'agent' | 'hosts' | 'decided' | 'agent-or-hosts';
  /** May be run again when nobody knows whether it ran. */
  readonly idempotent: boolean;
  /** Where that depends on the parameters: may it with these? */
  readonly idempotentWith?: (parameters: unknown) => boolean;
  /** Does it change a target, so that a failure after it means something to roll back? */
  readonly deploys: boolean;
  readonly defaultTimeoutMs: number;
  /** Parameters whose text is evaluated on the agent, where the response or the host is known. */
  readonly onAgent: readonly string[];
}
