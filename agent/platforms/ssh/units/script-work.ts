import type { Failure } from '@fairlead/proto/model/failure.ts';

/** A command unit as a script for the host's shell; all but the copying units are one. */
export interface ScriptWork {
  readonly shell: 'sh' | 'bash';
  readonly script: string;
  /** Where it runs, as written; null: the runtime path when it exists, else HOME. */
  readonly directory: string | null;
  /** Does it change the host? Then what it is about to do is recorded first. */
  readonly mutates: boolean;
  /** What an exit status other than 0 means here; null leaves it to what the script said. */
  readonly explain?: (status: number) => Failure | null;
}
