import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import { request } from './http-client.ts';

/** A service at a host: what the last successful install left there. */
export interface Instance {
  readonly id: string;
  readonly at: number;
  readonly application: string;
  readonly service: string;
  readonly environment: string;
  readonly infrastructure: string;
  readonly host: string;
  readonly build: string;
  readonly executionId: ExecutionId;
}

export async function listInstances(): Promise<readonly Instance[]> {
  const answer = await request<{ readonly instances: readonly Instance[] }>('GET', '/instances');
  return answer.instances;
}
