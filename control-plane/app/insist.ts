import { FailureError } from '@fairlead/proto/model/failure.ts';
import type { Scheduler } from '@fairlead/proto/model/system.ts';

/** Asks a store that does not answer again until it does. Only for calls that may be repeated: see the ports. */
export async function insist<T>(scheduler: Scheduler, call: () => Promise<T>): Promise<T> {
  for (let delayMs = 20; ; delayMs = Math.min(delayMs * 2, 2_000)) {
    try {
      return await call();
    } catch (error) {
      if (!isPassing(error)) throw error;
      await scheduler.sleep(delayMs);
    }
  }
}

/** The store is away for a while, as opposed to refusing what it was given. */
export const isPassing = (error: unknown): boolean =>
  error instanceof FailureError && error.failures.every((each) => each.code === 'UNAVAILABLE');
