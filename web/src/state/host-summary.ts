/** Many hosts in few words: how many are in which state, and which of them a person wants to see first. */
import type { NodeView } from '@fairlead/proto/live.ts';
import { isTerminal } from '@fairlead/proto/model/status.ts';
import { type Tone, toneOf, TONES } from './status-look.ts';

export interface HostSummary {
  readonly total: number;
  readonly ended: number;
  /** Only tones that occur, in the order of the table. */
  readonly tones: readonly { readonly tone: Tone; readonly count: number }[];
}

export function summarizeHosts(tasks: readonly NodeView[]): HostSummary {
  const counts = new Map<Tone, number>();
  let ended = 0;
  for (const task of tasks) {
    const tone = toneOf(task.status);
    counts.set(tone, (counts.get(tone) ?? 0) + 1);
    if (task.status !== null && isTerminal(task.status)) ended += 1;
  }
  const tones = TONES.flatMap((tone) => {
    const count = counts.get(tone);
    return count === undefined ? [] : [{ tone, count }];
  });
  return { total: tasks.length, ended, tones };
}

/** What went wrong first, then what is going on, then the rest; within one tone in the order of execution. */
const URGENCY: Readonly<Record<Tone, number>> = {
  failed: 0,
  unknown: 1,
  stopped: 2,
  undoing: 3,
  running: 4,
  waiting: 5,
  success: 6,
  skipped: 7,
  pending: 8,
};

export function urgentFirst(tasks: readonly NodeView[]): readonly NodeView[] {
  return [...tasks].sort(
    (one, other) => URGENCY[toneOf(one.status)] - URGENCY[toneOf(other.status)] || one.order - other.order,
  );
}

export function findHosts(tasks: readonly NodeView[], text: string, tone: Tone | null): readonly NodeView[] {
  const wanted = text.trim().toLowerCase();
  return tasks.filter(
    (task) =>
      (tone === null || toneOf(task.status) === tone) &&
      (wanted === '' || (task.target ?? task.name).toLowerCase().includes(wanted)),
  );
}
