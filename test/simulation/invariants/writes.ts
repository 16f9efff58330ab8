/** While an execution only waits, time that passes writes nothing for it: not to its journal, its head or its row. */
import type { Event } from '../../../control-plane/engine/events.ts';
import type { Execution } from '../../../control-plane/engine/execution.ts';
import { openAttempts } from '../../../control-plane/engine/open-attempts.ts';
import type { Change } from '../journals.ts';
import { same } from '../same.ts';
import { firstOf, type Finding, type Observed } from './observed.ts';

/** Rows and heads are written behind the journal. Milliseconds. */
const BEHIND_MS = 3_000;

/** Somebody asked for something; that it was refused, or taken back in the same moment, is written down all the same. */
const ASKED: ReadonlySet<Event['event']> = new Set(['InputRejected', 'PauseRequested', 'Resumed']);

type Known = Map<string, object>;

export class Writes {
  readonly #heads: Known = new Map();
  readonly #rows: Known = new Map();
  /** When something was appended to it, or somebody took it. */
  readonly #movedAt = new Map<string, number>();
  /** Executions that waited for so long that nothing might have been written any more. */
  readonly waited = new Set<string>();

  appended({ record, before, after, moves }: Change, elapsed: number): Finding {
    const { executionId: id } = record;
    const since = this.#movedAt.get(id) ?? elapsed;
    this.#movedAt.set(id, elapsed);
    if (before === null || !onlyWaits(before)) return null;
    if (elapsed - since > BEHIND_MS) this.waited.add(id);
    if (moves.some(({ event }) => ASKED.has(event.event)) || !same(still(before), still(after))) return null;
    return `${id} only waits, and ${record.seq} is appended, which changes nothing`;
  }

  /** A call was applied. `disturbedAt`: until when control planes were kept from their work. */
  applied(call: string, disturbedAt: number, observed: Observed): Finding {
    const { data, journals } = observed;
    const now = observed.elapsed();
    switch (call) {
      case 'heads.claim':
        for (const id of changed(this.#heads, data.heads)) this.#movedAt.set(id, now);
        return null;
      case 'heads.insert':
      case 'heads.patch':
      case 'rows.putExecution': {
        const [known, all] = call === 'rows.putExecution' ? [this.#rows, data.executions] : [this.#heads, data.heads];
        return firstOf(changed(known, all), (id) => {
          const quietMs = now - Math.max(this.#movedAt.get(id) ?? 0, disturbedAt);
          const execution = journals.execution(id);
          // One that is marked broken does nothing by itself any more: whatever is written is what people ask for.
          const isMarked = (data.heads.get(id)?.parked ?? null) !== null;
          if (quietMs <= BEHIND_MS || execution === null || isMarked || !onlyWaits(execution)) return null;
          return `${call} for ${id}, which only waits, for ${Math.round(quietMs)} ms now`;
        });
      }
      default:
        return null;
    }
  }
}

/** Nothing of it is at work, or on its way there. */
const onlyWaits = (execution: Execution): boolean =>
  execution.endedAt === null &&
  execution.parked === null &&
  execution.runs.every((run) => openAttempts(run).length === 0);

/** But for what counts appends. */
const still = (execution: Execution): Execution => ({ ...execution, lastAt: 0, events: 0 });

/** What was written since the last look: nobody writes into what stands in the store. */
function changed(known: Known, all: ReadonlyMap<string, object>): readonly string[] {
  const ids: string[] = [];
  for (const [id, body] of all) {
    if (known.get(id) === body) continue;
    known.set(id, body);
    ids.push(id);
  }
  return ids;
}
