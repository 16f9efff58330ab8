/**
 * The one table of statuses (orchestration 11.2). Nobody else writes a list of status names: ask the table.
 *
 * terminal: never changes again · failed: counts as a failure for the parent · waiting: nothing runs until somebody or
 * something else acts · severity: a parent takes the status of its worst child (higher is worse).
 */
interface StatusRow {
  readonly terminal: boolean;
  readonly failed: boolean;
  readonly waiting: boolean;
  readonly severity: number;
  readonly label: string;
}

export const STATUSES = {
  QUEUED: { terminal: false, failed: false, waiting: true, severity: 0, label: 'Queued' },
  STARTING: { terminal: false, failed: false, waiting: false, severity: 0, label: 'Starting' },
  RUNNING: { terminal: false, failed: false, waiting: false, severity: 0, label: 'Running' },
  WAITING: { terminal: false, failed: false, waiting: true, severity: 0, label: 'Waiting' },
  PAUSING: { terminal: false, failed: false, waiting: false, severity: 0, label: 'Pausing' },
  PAUSED: { terminal: false, failed: false, waiting: true, severity: 0, label: 'Paused' },
  ABORTING: { terminal: false, failed: false, waiting: false, severity: 0, label: 'Aborting' },
  ROLLING_BACK: { terminal: false, failed: false, waiting: false, severity: 0, label: 'Rolling back' },
  UNKNOWN: { terminal: false, failed: false, waiting: true, severity: 0, label: 'Unknown' },
  BROKEN: { terminal: false, failed: false, waiting: true, severity: 0, label: 'Broken' },
  SKIPPED: { terminal: true, failed: false, waiting: false, severity: 1, label: 'Skipped' },
  SUCCESS: { terminal: true, failed: false, waiting: false, severity: 2, label: 'Success' },
  REJECTED: { terminal: true, failed: true, waiting: false, severity: 3, label: 'Rejected' },
  EXPIRED: { terminal: true, failed: true, waiting: false, severity: 4, label: 'Expired' },
  FAILED: { terminal: true, failed: true, waiting: false, severity: 5, label: 'Failed' },
  ABORTED: { terminal: true, failed: true, waiting: false, severity: 6, label: 'Aborted' },
} as const satisfies Record<string, StatusRow>;

export type Status = keyof typeof STATUSES;
export const STATUS_NAMES = Object.keys(STATUSES) as readonly Status[];

export const isTerminal = (status: Status): boolean => STATUSES[status].terminal;
export const isFailed = (status: Status): boolean => STATUSES[status].failed;
export const isWaiting = (status: Status): boolean => STATUSES[status].waiting;

/** The status of a parent whose children have all ended; no children counts as skipped. */
export function worst(statuses: Iterable<Status>): Status {
  let result: Status = 'SKIPPED';
  for (const status of statuses) if (STATUSES[status].severity > STATUSES[result].severity) result = status;
  return result;
}
