import { CRASH_POINTS, type CrashPoint, type CrashPoints } from './crash.ts';

/** Passes everything. */
export const NO_CRASH: CrashPoints = { pass: () => {} };

/**
 * Reads `<point>:<n>`: `crash` is called at the n-th passing (counted from 1). Null when the text names no point or no
 * number.
 */
export function crashAt(text: string, crash: () => void): CrashPoints | null {
  const colon = text.lastIndexOf(':');
  const point = CRASH_POINTS.find((each: CrashPoint) => each === text.slice(0, colon));
  const count = Number(text.slice(colon + 1));
  if (point === undefined || !Number.isInteger(count) || count < 1) return null;
  let left = count;
  return {
    pass(passed) {
      if (passed !== point) return;
      left -= 1;
      if (left === 0) crash();
    },
  };
}
