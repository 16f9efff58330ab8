import type { Status } from '@fairlead/proto/model/status.ts';

/** What the shell of the caller sees; part of the contract of `--wait`. */
export const EXIT = {
  SUCCESS: 0,
  FAILED: 1,
  USAGE: 2,
  ABORTED: 3,
  REJECTED_OR_EXPIRED: 4,
  CONNECTION_LOST: 5,
  /** 128 + SIGINT: the watcher left, the execution goes on. */
  DETACHED: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const BY_STATUS: Partial<Record<Status, ExitCode>> = {
  SUCCESS: EXIT.SUCCESS,
  SKIPPED: EXIT.SUCCESS,
  ABORTED: EXIT.ABORTED,
  REJECTED: EXIT.REJECTED_OR_EXPIRED,
  EXPIRED: EXIT.REJECTED_OR_EXPIRED,
};

export const exitCodeOf = (status: Status): ExitCode => BY_STATUS[status] ?? EXIT.FAILED;
