import type { ArtifactRef, Query, SecretRef, Task } from '@fairlead/proto/model/task.ts';
import type { Attempt, LocalArtifact, Platform, QueryHandler } from '../platforms/platform.ts';

/** What one agent works with: the platforms it can do and what they share. Made in `main.ts`, faked in simulation. */
export interface Workshop {
  readonly platforms: readonly Platform[];
  readonly queries: Readonly<Partial<Record<Query['query'], QueryHandler>>>;
  /** The value behind `file:` or `env:`; rejects with SECRET_UNAVAILABLE. */
  secret(reference: SecretRef): Promise<string>;
  /** See `Attempt.artifact`; stops when the attempt's signal aborts. */
  artifact(reference: ArtifactRef, attempt: ArtifactUser): Promise<LocalArtifact>;
  /** A task that used this artifact succeeded: it stays here, and the few before it, for a rollback without its source. */
  keep(artifact: LocalArtifact, task: Task): Promise<void>;
  close(): Promise<void>;
}

/** The part of an attempt that fetching an artifact may use. */
export type ArtifactUser = Pick<Attempt, 'id' | 'task' | 'log' | 'signal' | 'secret' | 'text'>;
