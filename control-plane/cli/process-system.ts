import { randomBytes } from 'node:crypto';
import type { System } from '@fairlead/proto/model/system.ts';

export const processSystem: System = {
  clock: { now: () => Date.now(), monotonic: () => performance.now() },
  scheduler: {
    after: (ms, task) => {
      const timer = setTimeout(task, ms);
      return { cancel: () => clearTimeout(timer) };
    },
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  },
  random: { fraction: () => Math.random(), bytes: (count) => randomBytes(count) },
  ids: { unique: (prefix) => `${prefix}${randomBytes(10).toString('hex')}` },
};
