/**
 * Is the log of an attempt whole? It travels beside the reports, so that its last bytes may come after the one that says
 * how the attempt ended and how long its log is.
 */
import type { System } from '@fairlead/proto/model/system.ts';
import type { Attempt } from '../engine/execution.ts';
import type { Logs } from '../ports/logs.ts';

/** How long after the end of the attempt the rest is waited for. */
export const LOG_GRACE_MS = 5_000;
const LOOK_MS = 50;

/**
 * Waits until everything the agent wrote is stored, for as long as it may be on its way. The bytes that are missing then: 0
 * of a log that is whole, of an attempt that has not ended, and where its agent could not tell how long it is.
 */
export async function untilWhole(
  attempt: Attempt | undefined,
  logs: Logs,
  { clock, scheduler }: Pick<System, 'clock' | 'scheduler'>,
  isOver: () => boolean = () => false,
): Promise<number> {
  const { logBytes = 0 } = attempt?.result ?? {};
  if (attempt?.endedAt == null || logBytes === 0) return 0;
  const until = attempt.endedAt + LOG_GRACE_MS;
  for (;;) {
    const stored = (await logs.lengths([attempt.id])).get(attempt.id) ?? 0;
    const missing = Math.max(0, logBytes - stored);
    if (missing === 0 || clock.now() >= until || isOver()) return missing;
    await scheduler.sleep(LOOK_MS);
  }
}
