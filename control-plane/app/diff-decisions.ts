import type { ExecutionDiff, Parting } from '@fairlead/proto/diff.ts';
import type { Json, JsonObject } from '@fairlead/proto/model/json.ts';
import type { Event } from '../engine/events.ts';
import type { Execution } from '../engine/execution.ts';
import type { DecidedRecord } from './history.ts';
import { momentsOf, nodeOf, textOf } from './moments.ts';

interface Decided {
  readonly execution: Execution;
  readonly records: readonly DecidedRecord[];
}

/** Which agent, which replica and how long something waited is no other path. */
const ASIDE: ReadonlySet<Event['event']> = new Set([
  'ExecutionStarted',
  'DriverChanged',
  'AttemptAssigned',
  'AttemptUnassignable',
  'AttemptReleased',
  'AttemptStarted',
  'AttemptCheckpointed',
  'LockRequested',
  'LockQueued',
  'LockGranted',
  'LockReleased',
  'SummaryWritten',
  'Settled',
]);

/** What an event decided, without what is different in every execution: times, ids, texts. */
const TELLING = ['status', 'scope', 'kind', 'answer', 'action', 'skipped', 'hosts', 'targets'] as const;

interface Step {
  /** The node and how often something had happened to it before. */
  readonly place: string;
  readonly decided: string;
  readonly node: string | null;
  /** Told of one of thousands. */
  parting(): Parting | null;
}

/**
 * Where the paths part: the first thing that was decided otherwise, or only in one. Each node's events are compared with
 * the same node's of the other, so that hosts which finish in another order are no difference.
 */
export function diffDecisions(
  a: Decided,
  b: Decided,
  names: ReadonlyMap<string, string>,
  agentName: (id: string) => string,
): ExecutionDiff['decisions'] {
  const [left, right] = [stepsOf(a, agentName), stepsOf(b, agentName)];
  const firstOf = (steps: readonly Step[], others: readonly Step[]): Step | null => {
    const known = new Map(others.map((step) => [step.place, step.decided]));
    return steps.find((step) => known.get(step.place) !== step.decided) ?? null;
  };
  const [inA, inB] = [firstOf(left, right), firstOf(right, left)];
  if (inA === null && inB === null) return null;
  const node = inA?.node ?? inB?.node ?? null;
  // An attempt is told by its host.
  const where = node === null ? null : (names.get(node) ?? names.get(node.replace(/#\d+$/, '')) ?? node);
  return { where, a: inA?.parting() ?? null, b: inB?.parting() ?? null };
}

function stepsOf({ execution, records }: Decided, agentName: (id: string) => string): readonly Step[] {
  const counts = new Map<string, number>();
  const steps: Step[] = [];
  for (const record of records) {
    for (const [index, { events }] of record.decisions.entries()) {
      for (const event of events) {
        if (ASIDE.has(event.event)) continue;
        const node = nodeOf(event, execution.id);
        const count = counts.get(node ?? '') ?? 0;
        counts.set(node ?? '', count + 1);
        const parting = (): Parting | null => {
          const moment = momentsOf(record, agentName)[index];
          if (moment === undefined) return null;
          const { seq, input, actor } = moment;
          return { seq, at: event.at, input, actor, event: event.event, node, text: textOf(event) };
        };
        steps.push({ place: `${node ?? ''} ${count}`, decided: decidedIn(event), node, parting });
      }
    }
  }
  return steps;
}

function decidedIn(event: Event): string {
  const fields = event as unknown as JsonObject; // Plain data.
  const told = TELLING.map((name) => fields[name] ?? null);
  const result = fields['result'] ?? null;
  return JSON.stringify([event.event, ...told, isObject(result) ? (result['outcome'] ?? null) : result]);
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
