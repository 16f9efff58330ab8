import { randomBytes, randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as startTimer, clearTimeout as endTimer } from 'node:timers';
import type { System } from '@fairlead/proto/model/system.ts';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

function unique(prefix: string): string {
  // 20 letters of 36: more than 100 bits, so that nobody meets the same one twice.
  let id = prefix;
  for (let count = 0; count < 20; count += 1) id += LETTERS[randomInt(LETTERS.length)] ?? '';
  return id;
}

const era = bootOfLinux();

/** Linux counts from its start, in every process; where it does not say which start that was, nobody can compare. */
function sinceBoot(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1_000_000;
}

function bootOfLinux(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return null;
  }
}

/** The real time and chance. */
export const realSystem: System = {
  clock: { now: () => Date.now(), monotonic: sinceBoot, ...(era === null ? {} : { era }) },
  scheduler: {
    after(ms, task) {
      const timer = startTimer(task, ms);
      return { cancel: () => endTimer(timer) };
    },
    sleep: (ms) => new Promise((resolve) => void startTimer(resolve, ms)),
  },
  random: {
    fraction: () => randomInt(2 ** 47) / 2 ** 47,
    bytes: (count) => randomBytes(count),
  },
  ids: { unique },
};
