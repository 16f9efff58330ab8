/** The moments of an execution as a slider knows them: one for each record of its journal, which is how finely it is kept. */
import type { Moment } from '@fairlead/proto/live.ts';

export interface Slice {
  readonly seq: number;
  readonly at: number;
  /** What came and from whom: `finished, by its agent`. */
  readonly title: string;
  /** What was decided then. */
  readonly events: readonly { readonly text: string; readonly node: string | null }[];
}

export function slicesOf(moments: readonly Moment[]): readonly Slice[] {
  const bySeq = new Map<number, Moment[]>();
  for (const moment of moments) {
    const same = bySeq.get(moment.seq);
    if (same === undefined) bySeq.set(moment.seq, [moment]);
    else same.push(moment);
  }
  return [...bySeq].map(([seq, together]) => ({
    seq,
    at: Math.max(...together.map((each) => each.at)),
    title: [...new Set(together.map(titleOf))].join(', '),
    events: together.flatMap((each) =>
      each.events.map(({ event, node, text }) => ({ text: text === '' ? event : `${event}: ${text}`, node })),
    ),
  }));
}

const titleOf = ({ input, actor }: Moment): string => (actor === null ? input : `${input}, by ${actor}`);

/** The last one that is not after the sequence; the first where there is none. */
export function indexOfSeq(slices: readonly Slice[], seq: number): number {
  return Math.max(
    0,
    slices.findLastIndex((slice) => slice.seq <= seq),
  );
}
