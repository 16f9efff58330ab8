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

/** Everything else stays in the order of execution: rows that change places while one reads are worse than a longer way. */
const URGENCY: Partial<Record<Tone, number>> = { failed: -3, unknown: -2, stopped: -1 };
const urgencyOf = (task: NodeView): number => URGENCY[toneOf(task.status)] ?? 0;

/** What went wrong stands first. */
export function urgentFirst(tasks: readonly NodeView[]): readonly NodeView[] {
  return [...tasks].sort((one, other) => urgencyOf(one) - urgencyOf(other) || one.order - other.order);
}

export function findHosts(tasks: readonly NodeView[], text: string, tone: Tone | null): readonly NodeView[] {
  const wanted = text.trim().toLowerCase();
  return tasks.filter(
    (task) =>
      (tone === null || toneOf(task.status) === tone) &&
      (wanted === '' || (task.target ?? task.name).toLowerCase().includes(wanted)),
  );
}
