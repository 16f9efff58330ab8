/** Folds an execution's journal again and decides its inputs again, and says where either differs from what stands. */
import { sameJson } from '@fairlead/proto/model/json.ts';
import type { Execution } from '../engine/execution.ts';
import { park } from '../engine/rules/park.ts';
import { settledByForce } from '../engine/rules/settle-by-force.ts';
import { fold, type Decision } from './deliberate.ts';
import type { Engine } from './engine.ts';
import type { History, Loaded } from './history.ts';
import type { Replay } from './use-cases.ts';

/** Records; on a step with thousands of hosts a decision takes a millisecond. */
const WITHOUT_PAUSE = 10;

/** `served`: what is told of it at present, and how far it was read for that. */
export async function replay(engine: Engine, history: History, id: string, served: Loaded): Promise<Replay> {
  const differences: Replay['differences'][number][] = [];
  let execution: Execution | null = null;
  let [records, events] = [0, 0];
  for await (const { seq, decisions, now } of history.records(id, 0, WITHOUT_PAUSE)) {
    if (seq > served.seq) break;
    records += 1;
    for (const { input, events: recorded } of decisions) {
      const again = decideAgain(engine, execution, { input, events: recorded }, recorded[0]?.at ?? now);
      if (!sameJson(again, recorded)) {
        const names = (list: typeof recorded): string => list.map((event) => event.event).join(', ') || 'nothing';
        const reason = `decided ${names(again)}; recorded ${names(recorded)}`;
        differences.push({ seq, input: input.input, reason });
      }
      execution = fold(engine, execution, recorded);
      events += recorded.length;
    }
  }
  return { executionId: id, records, events, stateMatches: sameJson(execution, served.execution), differences };
}

/**
 * What was parked was not decided by `decide`, which had thrown: its driver recorded what it did then as time passing, and
 * so was what a person settled by force.
 */
function decideAgain(engine: Engine, execution: Execution | null, { input, events }: Decision, at: number) {
  const forced = events.find((event) => event.event === 'SettledByForce');
  if (execution !== null && forced !== undefined) return settledByForce(execution, forced.actor, forced.reason, at);
  const parked = events.find((event) => event.event === 'Parked');
  const isParking = parked !== undefined || (execution?.parked != null && input.input === 'tick');
  if (execution === null || !isParking) return engine.decide(execution, input, at);
  const abort = events.find((event) => event.event === 'AbortRequested');
  return park(execution, parked?.reason ?? execution.parked ?? '', abort ?? null, at);
}
