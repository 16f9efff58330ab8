/** What waits for a person, in words. */
import type { WaitingView } from '@fairlead/proto/live.ts';

const WHAT = {
  APPROVAL: 'Approval',
  APPROVAL_STAGE: 'Approval',
  INPUTS: 'Inputs',
  INTERVENTION: 'Decision',
} as const satisfies Record<WaitingView['kind'], string>;

export const isWaitingKind = (value: unknown): value is WaitingView['kind'] =>
  typeof value === 'string' && Object.hasOwn(WHAT, value);

export const waitingTitle = ({ kind, name }: Pick<WaitingView, 'kind' | 'name'>): string =>
  kind === 'INPUTS' ? `Inputs for ‘${name}’` : `${WHAT[kind]} ‘${name}’`;

export const whoText = ({ groups }: Pick<WaitingView, 'groups'>): string =>
  groups.length === 0 ? 'anybody' : groups.join(' or ');

/** What follows when nobody answers. */
export function timeoutText({ kind, onTimeout }: Pick<WaitingView, 'kind' | 'onTimeout'>): string {
  if (onTimeout === 'DEFAULTS') return 'then it goes on with the defaults';
  return kind === 'INTERVENTION' ? 'then what is set for that follows' : 'then it expires';
}
