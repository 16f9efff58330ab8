/** What happened to an execution, decision by decision: what came, from whom, when, and what followed. */
import type { Moment } from '@fairlead/proto/live.ts';
import type { Json, JsonObject } from '@fairlead/proto/model/json.ts';
import type { Event } from '../engine/events.ts';
import type { Input } from '../engine/inputs.ts';
import type { DecidedRecord, History } from './history.ts';

type AgentName = (agentId: string) => string;

export function momentsOf(record: DecidedRecord, agentName: AgentName): readonly Moment[] {
  const { seq, executionId, now } = record;
  return record.decisions.map(({ input, events }) => ({
    seq,
    at: events[0]?.at ?? now,
    input: input.input,
    actor: actorOf(input, agentName),
    node: nodeOf(input, executionId),
    events: events.map((event) => ({ event: event.event, node: nodeOf(event, executionId), text: textOf(event) })),
  }));
}

/** Whole records only, at least one: `next` is the sequence to go on after. */
export async function listMoments(
  history: History,
  id: string,
  { after, limit }: { readonly after: number; readonly limit: number },
  agentName: AgentName,
): Promise<{ readonly moments: readonly Moment[]; readonly next: number | null }> {
  // Each record holds one decision or more.
  const records = await history.decisions(id, after, limit + 1);
  const moments: Moment[] = [];
  for (const [index, record] of records.entries()) {
    if (moments.length >= limit) return { moments, next: records[index - 1]?.seq ?? null };
    moments.push(...momentsOf(record, agentName));
  }
  return { moments, next: null };
}

/** A person, an agent, another replica; null: nobody but time and the control plane itself. */
function actorOf(input: Input, agentName: AgentName): string | null {
  if (input.input === 'start') return input.plan.actor;
  // Whom the attempt was given to stands where it was assigned.
  if (input.input === 'finished' || input.input === 'checkpoint') return 'its agent';
  if (input.input === 'driverChanged') return `control plane ${input.driver}`;
  const fields = fieldsOf(input);
  const agent = text(fields['agentId']);
  return text(fields['actor']) ?? text(fields['by']) ?? (agent === null ? null : `agent ${agentName(agent)}`);
}

const NODES = ['attemptId', 'stepId', 'sectionId', 'phaseId', 'runId', 'owner'] as const;

/** Which node of the tree it is about, without the execution's own id. */
export function nodeOf(value: Input | Event, executionId: string): string | null {
  const fields = fieldsOf(value);
  for (const name of NODES) {
    const id = text(fields[name]);
    if (id !== null) return id.startsWith(`${executionId}/`) ? id.slice(executionId.length + 1) : id;
  }
  return null;
}

/** In the text a node stands at its front, and what everybody knows is left out. */
const UNTOLD = new Set<string>([...NODES, 'event', 'at', 'plan', 'ledgerId', 'sessionId', 'driver', 'fences', 'found']);
const MOST = 120;

/** One line for people: every field that says something, whatever the event. */
export function textOf(event: Event): string {
  const words = Object.entries(fieldsOf(event)).flatMap(([name, value]) =>
    UNTOLD.has(name) || value === null ? [] : [wordOf(name, value)],
  );
  const line = words.join(', ');
  return line.length <= MOST ? line : `${line.slice(0, MOST - 1)}…`;
}

function wordOf(name: string, value: Json): string {
  if (isObject(value)) {
    const outcome = text(value['outcome']);
    const why = isObject(value['failure'] ?? null) ? (value['failure'] as JsonObject) : value;
    const reason = text(why['message']) === null ? '' : `${text(why['code']) ?? name}: ${text(why['message']) ?? ''}`;
    if (outcome !== null) return reason === '' ? outcome : `${outcome} (${reason})`;
    return reason === '' ? `${name} ${JSON.stringify(value)}` : reason;
  }
  if (!isList(value)) return name === 'status' || name === 'result' ? String(value) : `${name} ${String(value)}`;
  const shown =
    value.length <= 3
      ? value.map(String).join(' ')
      : `${value.slice(0, 2).map(String).join(' ')} and ${value.length - 2} more`;
  return `${name} ${shown}`;
}

const text = (value: Json | undefined): string | null => (typeof value === 'string' ? value : null);
const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const fieldsOf = (value: Input | Event): JsonObject => value as unknown as JsonObject; // Plain data by construction.
