import { realSystem } from '../adapters/system/index.ts';

/** A terminal's Ctrl-C can come twice, from the terminal itself and passed on by `npm` or `tsx`. */
const SAME_PRESS_MS = 1000;

/** Resolves at the first Ctrl-C or SIGTERM; another one, a second later or more, ends the process at once. */
export function untilStopped(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let firstAt: number | null = null;
    const stop = (signal: NodeJS.Signals): void => {
      const now = realSystem.clock.monotonic();
      if (firstAt !== null && now - firstAt > SAME_PRESS_MS) process.exit(130);
      firstAt ??= now;
      resolve(signal);
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
}
