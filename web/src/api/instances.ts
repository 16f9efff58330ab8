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
  /** REMOVED: its host has left the infrastructure. UNDONE: rolled back, and nothing was there before. UNSURE: broke off. */
  readonly state: 'RUNNING' | 'REMOVED' | 'UNDONE' | 'UNSURE';
  readonly note: string | null;
}

/** Something that was done at a host. */
export interface Deployment extends Omit<Instance, 'state' | 'note'> {
  readonly action: 'DEPLOYED' | 'ROLLED_BACK' | 'REMOVED' | 'BROKE_OFF' | 'SWAPPED_IN' | 'SWAPPED_OUT';
}

const PAGE = 1_000;

export async function listInstances(): Promise<readonly Instance[]> {
  const all: Instance[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const after: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const path = `/instances?limit=${PAGE}${after}`;
    const page = await request<{ readonly instances: readonly Instance[]; readonly next: string | null }>('GET', path);
    all.push(...page.instances);
    cursor = page.next;
  }
  return all;
}

/** What was done at that host, newest first. */
export async function listDeployments(host: string): Promise<readonly Deployment[]> {
  const path = `/instances/history?limit=50&host=${encodeURIComponent(host)}`;
  return (await request<{ readonly deployments: readonly Deployment[] }>('GET', path)).deployments;
}
