import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import { request } from './http-client.ts';

export interface QueuePlace {
  readonly executionId: ExecutionId;
  /** The run or the step that asked. */
  readonly by: string;
  readonly permits: number;
  readonly since: number | null;
  readonly execution: { readonly name: string; readonly application: string; readonly actor: string } | null;
}

/** Something that executions take turns with: the infrastructure of a service, or a guard. */
export interface Queue {
  readonly kind: 'INFRASTRUCTURE' | 'GUARD';
  readonly name: string;
  readonly unit: string;
  readonly capacity: number;
  readonly used: number;
  readonly strategy: 'FIFO' | 'ASAP';
  readonly holders: readonly QueuePlace[];
  readonly waiting: readonly QueuePlace[];
}

export const listQueues = (): Promise<{ readonly queues: readonly Queue[] }> => request('GET', '/queues');
