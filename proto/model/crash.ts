/**
 * Named points at which a test kills the process (`FAIRLEAD_CRASH_AT=<point>:<n>`: at the n-th passing). In production
 * a pass costs one comparison.
 */
export interface CrashPoints {
  pass(point: CrashPoint): void;
}

export const CRASH_POINTS = [
  'append:before',
  'append:after',
  'send:before',
  'send:after',
  'acknowledge:before',
  'acknowledge:after',
  'ledger:before',
  'ledger:after',
  'report:before',
  'report:after',
] as const;
export type CrashPoint = (typeof CRASH_POINTS)[number];
