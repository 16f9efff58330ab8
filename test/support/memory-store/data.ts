import type { Head } from '../../../control-plane/ports/heads.ts';
import type { JournalRecord } from '../../../control-plane/ports/journal.ts';
import type { LogChunk } from '../../../control-plane/ports/logs.ts';
import type { ExecutionRow, InstanceRow } from '../../../control-plane/ports/rows.ts';

/** What survives a crash of every replica: give the same to each store made over it. */
export interface MemoryData {
  readonly incarnation: string;
  /** By execution, in order of seq. */
  readonly journals: Map<string, JournalRecord[]>;
  readonly heads: Map<string, Head>;
  /** By collection, then id; bodies as canonical text, so that nobody holds on to a stored object. */
  readonly documents: Map<string, Map<string, { readonly version: number; readonly body: string }>>;
  readonly blobs: Map<string, Uint8Array>;
  readonly logs: Map<string, LogChunk[]>;
  readonly executions: Map<string, ExecutionRow>;
  readonly instances: Map<string, InstanceRow>;
  /** By place, time and execution. */
  readonly deployments: Map<string, InstanceRow>;
}

export const createMemoryData = (incarnation = 'memory-1'): MemoryData => ({
  incarnation,
  journals: new Map(),
  heads: new Map(),
  documents: new Map(),
  blobs: new Map(),
  logs: new Map(),
  executions: new Map(),
  instances: new Map(),
  deployments: new Map(),
});
