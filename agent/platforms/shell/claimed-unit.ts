import { FailureError } from '@fairlead/proto/model/failure.ts';
import type { Attempt } from '../platform.ts';
import type { Transport } from './channel.ts';
import { runUnit, type Unit, type UnitEnd } from './run-unit.ts';
import { stopAttempt } from './stop-attempt.ts';
import { stopReason } from './stop-reason.ts';

export type ClaimedEnd = UnitEnd | { readonly end: 'stopped'; readonly confirmed: boolean; readonly began: boolean };

export interface ClaimedUnit extends Omit<Unit, 'attemptId' | 'resumed'> {
  /** Told of the output beside the log. */
  readonly listen?: (bytes: Uint8Array, stream: 'stdout' | 'stderr') => void;
}

const RECONNECT_FOR_MS = 60_000;
/** For the last output of what was stopped to come in. */
const LAST_WORDS_MS = 80;

/** Runs a unit for an attempt, its output into the attempt's log, and stops it at the target when the attempt is to stop. */
export async function runClaimedUnit(attempt: Attempt, transport: Transport, unit: ClaimedUnit): Promise<ClaimedEnd> {
  const { system, signal, log } = attempt;
  const looking = new AbortController();
  const stop = async (): Promise<ClaimedEnd> => {
    const { graceMs } = stopReason(attempt);
    log.info(`Stopping it on ${transport.name}: asking its processes to end, killing them after ${graceMs} ms.`);
    const { confirmed, problem } = await stopAttempt(transport, system, { id: attempt.id, base: unit.base }, graceMs);
    if (problem !== undefined) log.info(typeof problem === 'string' ? problem : problem.message);
    return { end: 'stopped', confirmed, began: true };
  };
  let began = attempt.resumed;
  // Looking would start what was never started: only stop what an earlier process may have.
  if (signal.aborted) return began ? stop() : { end: 'stopped', confirmed: true, began };
  const running = runUnit(
    { ...unit, attemptId: attempt.id, resumed: attempt.resumed },
    {
      transport,
      system,
      signal: looking.signal,
      reconnectForMs: RECONNECT_FOR_MS,
      events: {
        output: (bytes, stream) => {
          unit.listen?.(bytes, stream);
          log.output(bytes, stream);
        },
        found: () => log.info(`It was started before on ${transport.name}: following it, output from its start.`),
        sending: () => (began = true),
        reconnecting: (problem) => log.info(`${problem.message}; what runs there goes on, connecting again.`),
      },
    },
  );
  let told = (): void => {};
  const aborted = new Promise<'aborted'>((resolve) => {
    told = () => resolve('aborted');
    signal.addEventListener('abort', told, { once: true });
  });
  // An approval may run a script every few seconds for weeks, all under one signal.
  const first = await Promise.race([running, aborted]).finally(() => signal.removeEventListener('abort', told));
  if (first !== 'aborted') return first;
  // Nothing was sent yet, and once nobody looks nothing will be.
  if (!began) {
    looking.abort();
    await Promise.race([settle(running), system.scheduler.sleep(LAST_WORDS_MS)]);
    return { end: 'stopped', confirmed: true, began };
  }
  const stopped = await stop();
  await Promise.race([settle(running), system.scheduler.sleep(LAST_WORDS_MS)]);
  looking.abort();
  void settle(running);
  return stopped;
}

/** Its end is of no interest any more; only a bug in it is. */
const settle = (running: Promise<UnitEnd>): Promise<void> =>
  running.then(
    () => undefined,
    (error: unknown) => {
      if (!(error instanceof FailureError)) throw error;
    },
  );
