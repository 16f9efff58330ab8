import type { RunningAgent } from '@fairlead/agent/main.ts';
import type { Scheduler } from '@fairlead/proto/model/system.ts';
import type { Logger } from 'pino';

export type KeptAgent = Pick<RunningAgent, 'stop'>;

export interface KeepParts {
  start(signal: AbortSignal): Promise<Pick<RunningAgent, 'ended' | 'stop'>>;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
}

const PAUSE_MS = 10_000;

/**
 * Starts an agent, and again whenever it ended because it could not write its ledger: when the disk has room once more,
 * nobody else would, and a control plane that answers would have nobody to work for it. Rejects when the first start does.
 */
export async function keepRunning({ start, scheduler, logger }: KeepParts): Promise<KeptAgent> {
  const stopping = new AbortController();
  const { signal } = stopping;
  let agent = await start(signal);

  /** Null: it is to stop. */
  const startAgain = async (): Promise<typeof agent | null> => {
    for (;;) {
      await unlessAborted(scheduler, signal);
      if (signal.aborted) return null;
      try {
        return await start(signal);
      } catch (error) {
        logger.error({ err: error }, 'the embedded agent cannot start; it is tried again');
      }
    }
  };
  const keep = async (): Promise<void> => {
    for (;;) {
      const end = await agent.ended;
      if (end.end !== 'ledger-lost') {
        if (end.end !== 'stopped') logger.error({ end: end.end }, 'the embedded agent was turned away for good');
        return;
      }
      const next = await startAgain();
      if (next === null) return;
      agent = next;
      if (signal.aborted) await agent.stop();
    }
  };
  const kept = keep();
  return {
    async stop() {
      stopping.abort();
      await agent.stop();
      await kept;
    },
  };
}

function unlessAborted(scheduler: Scheduler, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = scheduler.after(PAUSE_MS, done);
    if (signal.aborted) done();
    else signal.addEventListener('abort', done);
  });
}
