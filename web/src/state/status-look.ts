/**
 * How a status looks. Every tone has an icon of its own shape, and the label always stands beside it or in its name:
 * color is never the only sign.
 */
import { isFailed, isTerminal, isWaiting, type Status, STATUS_NAMES, STATUSES } from '@fairlead/proto/model/status.ts';

export const TONES = [
  'pending',
  'running',
  'waiting',
  'undoing',
  'unknown',
  'success',
  'skipped',
  'failed',
  'stopped',
] as const;
export type Tone = (typeof TONES)[number];

const TONE_OF = {
  QUEUED: 'waiting',
  STARTING: 'running',
  RUNNING: 'running',
  WAITING: 'waiting',
  PAUSING: 'waiting',
  PAUSED: 'waiting',
  ABORTING: 'stopped',
  ROLLING_BACK: 'undoing',
  UNKNOWN: 'unknown',
  BROKEN: 'unknown',
  SKIPPED: 'skipped',
  SUCCESS: 'success',
  REJECTED: 'stopped',
  EXPIRED: 'stopped',
  FAILED: 'failed',
  ABORTED: 'stopped',
} as const satisfies Record<Status, Tone>;

/** Null is a node that was not reached. */
export const toneOf = (status: Status | null): Tone => (status === null ? 'pending' : TONE_OF[status]);
export const labelOf = (status: Status | null): string => (status === null ? 'Not started' : STATUSES[status].label);
export const isActive = (status: Status | null): boolean => status !== null && !isTerminal(status);

/** The few questions people ask of the list; each is a set of statuses by the table. */
export const STATUS_GROUPS = {
  active: { label: 'In progress', includes: (status: Status) => !isTerminal(status) && !isWaiting(status) },
  waiting: { label: 'Waiting', includes: (status: Status) => !isTerminal(status) && isWaiting(status) },
  failed: { label: 'Not successful', includes: (status: Status) => isTerminal(status) && isFailed(status) },
  done: { label: 'Successful', includes: (status: Status) => isTerminal(status) && !isFailed(status) },
} as const;
export type StatusGroup = keyof typeof STATUS_GROUPS;

export const isStatusGroup = (text: string | null): text is StatusGroup =>
  text !== null && Object.hasOwn(STATUS_GROUPS, text);

export const statusesOf = (group: StatusGroup): readonly Status[] =>
  STATUS_NAMES.filter((status) => STATUS_GROUPS[group].includes(status));
