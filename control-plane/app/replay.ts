/** Folds an execution's journal again and decides its inputs again, and says where either differs from what stands. */
import { canonicalJson, type Json } from '@fairlead/proto/model/json.ts';
import type { Execution } from '../engine/execution.ts';
import { fold } from './deliberate.ts';
import type { Engine } from './engine.ts';
import type { History } from './history.ts';
import type { Replay } from './use-cases.ts';

export async function replay(engine: Engine, history: History, id: string, served: Execution | null): Promise<Replay> {
  const records = await history.decisions(id, 0);
  const differences: Replay['differences'][number][] = [];
  let execution: Execution | null = null;
  let events = 0;
  for (const { seq, decisions, now } of records) {
    for (const { input, events: recorded } of decisions) {
      const again = engine.decide(execution, input, recorded[0]?.at ?? now);
      if (same(again, recorded) === false) {
        const names = (list: typeof recorded): string => list.map((event) => event.event).join(', ') || 'nothing';
        const reason = `decided ${names(again)}; recorded ${names(recorded)}`;
        differences.push({ seq, input: input.input, reason });
      }
      execution = fold(engine, execution, recorded);
      events += recorded.length;
    }
  }
  return { executionId: id, records: records.length, events, stateMatches: same(execution, served), differences };
}

const same = (a: unknown, b: unknown): boolean => canonicalJson(a as Json) === canonicalJson(b as Json); // Plain data.
