import type { LongInput, Values } from './long-form.ts';

/** The long form of a pipeline; see long-form.ts. */
export interface LongPipeline {
  readonly description?: string;
  readonly inputs?: Readonly<Record<string, LongInput>>;
  readonly stages: readonly LongStage[];
  readonly rollbackOnFailure?: boolean;
}

/** Its members run together. */
export interface LongStage {
  readonly name?: string;
  readonly members: readonly LongMember[];
}

/** A workflow or an approval. */
export interface LongMember {
  readonly name?: string;
  readonly workflow?: string;
  readonly approval?: LongApproval;
  readonly variables?: Values;
  readonly infrastructures?: readonly string[];
  readonly ask?: LongAsk;
  /** `always`, or a condition. */
  readonly skip?: string;
}

export interface LongAsk {
  readonly variables: readonly string[];
  readonly timeout?: string;
  readonly onTimeout?: 'end' | 'defaults';
  readonly groups?: readonly string[];
}

/** Of people, or of a script: one of `groups` and `script` is there. */
export interface LongApproval {
  readonly groups?: readonly string[];
  readonly script?: string;
  readonly every?: string;
  readonly agents?: readonly string[];
  readonly inputs?: Values;
  readonly publish?: string;
  readonly autoReject?: boolean;
  readonly timeout?: string;
}
