/** Plays the seeds it is told, one after the other. */
import { parentPort } from 'node:worker_threads';
import type { Violation } from './checker.ts';
import type { Statistics } from './statistics.ts';
import { play } from './world.ts';

export interface Order {
  readonly seed: number;
  /** Play it a second time and compare. */
  readonly twice: boolean;
  /** Send all of the history back, whatever happened. */
  readonly tell: boolean;
}

export interface Played {
  readonly seed: number;
  readonly violation: Violation | null;
  readonly statistics: Statistics;
  /** Null when all is well and nobody asked. */
  readonly history: string | null;
}

async function carryOut({ seed, twice, tell }: Order): Promise<Played> {
  const { violation, statistics, history } = await play(seed);
  if (violation !== null || !twice) {
    return { seed, violation, statistics, history: violation === null && !tell ? null : history.text };
  }
  const again = await play(seed);
  if (again.history.text === history.text) return { seed, violation, statistics, history: tell ? history.text : null };
  const [lines, second] = [history.lines, again.history.lines];
  const at = lines.findIndex((line, index) => line !== second[index]);
  const text = `line ${at + 1} is "${lines[at]}", and the second time "${second[at]}"`;
  const shown = lines.slice(0, at + 1).join('\n');
  return { seed, violation: { invariant: 'same-history-twice', text }, statistics, history: shown };
}

parentPort?.on('message', (order: Order) => {
  void carryOut(order).then((played) => parentPort?.postMessage(played));
});
