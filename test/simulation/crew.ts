/** Plays many seeds on every core there is, and stops at the first that breaks an invariant. */
import { Worker } from 'node:worker_threads';
import type { Order, Played } from './worker.ts';

/** A seed takes well under a second; one that takes so long goes round in circles. */
const STUCK_MS = 120_000;

/** A seed makes much that is soon forgotten: with room for it, little of that is ever copied. */
const ROOM = { maxYoungGenerationSizeMb: 192 } as const;

export interface Crew {
  readonly file: string;
  readonly workers: number;
  /** In order. */
  readonly orders: Iterable<Order>;
  onPlayed(played: Played): void;
}

/** Resolves with the first that failed, or null when all are played. */
export async function playAll({ file, workers, orders, onPlayed }: Crew): Promise<Played | null> {
  const left = orders[Symbol.iterator]();
  let failed: Played | null = null;
  await Promise.all(
    Array.from({ length: workers }, async () => {
      const worker = new Worker(file, { execArgv: ['--enable-source-maps'], resourceLimits: ROOM });
      try {
        for (let next = left.next(); failed === null && next.done !== true; next = left.next()) {
          const played = await playOne(worker, next.value);
          if (played.violation !== null) failed ??= played;
          onPlayed(played);
        }
      } finally {
        await worker.terminate();
      }
    }),
  );
  return failed;
}

function playOne(worker: Worker, order: Order): Promise<Played> {
  return new Promise((resolve) => {
    const end = (played: Played): void => {
      clearTimeout(stuck);
      worker.off('message', end).off('error', onError).off('exit', onExit);
      resolve(played);
    };
    const broken = (invariant: string, text: string): void =>
      end({ seed: order.seed, violation: { invariant, text }, statistics: {}, history: '' });
    const onError = (error: Error): void => broken('no-bug-is-thrown', error.stack ?? error.message);
    const onExit = (): void => broken('no-bug-is-thrown', 'the worker ended');
    const stuck = setTimeout(() => broken('comes-to-an-end', `it runs for ${STUCK_MS} ms without end`), STUCK_MS);
    worker.on('message', end).on('error', onError).on('exit', onExit);
    worker.postMessage(order);
  });
}
