/** What a step did at its targets, as people see it: a node for each, and one for each attempt where there were several. */
import type { NodeView } from '@fairlead/proto/live.ts';
import type { Status } from '@fairlead/proto/model/status.ts';
import type { Attempt, Phase, Step, Task } from '../engine/execution.ts';
import { lastAttempt } from '../engine/tree.ts';
import { node, type AgentName } from './view-node.ts';

const viewed = new WeakMap<Step, readonly NodeView[]>();

/** Remembered: of a phase on thousands of hosts one step goes on at a time, and it is looked at twenty times a second. */
export function nodesOfTasks(step: Step, rollback: boolean, agentName: AgentName): readonly NodeView[] {
  const known = viewed.get(step);
  if (known !== undefined) return known;
  const nodes = step.tasks.flatMap((task, order) => {
    const own = nodeOfTask(step, task, order, rollback, agentName);
    if (task.attempts.length < 2) return [own];
    return [own, ...task.attempts.map((each, index) => nodeOfAttempt(own, each, index, agentName))];
  });
  viewed.set(step, nodes);
  return nodes;
}

/** What the newest attempt says. */
function nodeOfTask(step: Step, task: Task, order: number, rollback: boolean, agentName: AgentName): NodeView {
  const attempt = lastAttempt(task);
  const times = { status: task.status, startedAt: attempt?.startedAt ?? null, endedAt: attempt?.endedAt ?? null };
  return node(task.id, step.id, 'task', order, task.target === '-' ? 'on the agent' : task.target, times, {
    rollback,
    target: task.target === '-' ? null : task.target,
    attemptId: attempt?.id ?? null,
    ...(attempt === undefined ? {} : said(attempt, agentName)),
  });
}

function nodeOfAttempt(task: NodeView, attempt: Attempt, index: number, agentName: AgentName): NodeView {
  const { startedAt, endedAt, askedBy } = attempt;
  const times = { status: statusOf(attempt), startedAt, endedAt };
  const { note, ...says } = said(attempt, agentName);
  const asked = askedBy === null ? null : `asked for by ${askedBy}`;
  return node(attempt.id, task.id, 'attempt', index, `attempt ${index + 1}`, times, {
    rollback: task.rollback,
    target: task.target,
    attemptId: attempt.id,
    ...says,
    note: [asked, note].filter((each) => each !== null).join('; ') || null,
  });
}

const said = (attempt: Attempt, agentName: AgentName) => ({
  agent: attempt.agentId === null ? null : agentName(attempt.agentId),
  failure: attempt.result?.failure ?? null,
  note: noteOnAttempt(attempt),
  outputs: attempt.result?.outputs ?? null,
});

const ENDED_AS = { SUCCESS: 'SUCCESS', FAILED: 'FAILED', CANCELED: 'ABORTED' } as const;

function statusOf({ state, result }: Attempt): Status {
  switch (state) {
    case 'PENDING':
    case 'ASSIGNED':
      return 'QUEUED';
    case 'STARTED':
      return 'RUNNING';
    case 'UNKNOWN':
      return 'UNKNOWN';
    case 'ENDED':
      return result === null ? 'ABORTED' : ENDED_AS[result.outcome];
  }
}

function noteOnAttempt(attempt: Attempt): string | null {
  if (attempt.unassignable !== null && attempt.state === 'PENDING') return attempt.unassignable.failure.message;
  if (attempt.state === 'UNKNOWN') return 'its agent is lost';
  if (attempt.cancel !== null && attempt.state !== 'ENDED') return 'being stopped';
  if (attempt.result?.confirmed === false) return 'stopped, but its end was not seen';
  return attempt.result?.notes?.join('; ') ?? null;
}

/** What became of the step that its status does not say. */
export function noteOnStep(phase: Phase, step: Step): string | null {
  if (step.skipped !== null) return `skipped: ${step.skipped}`;
  const notes = [
    step.ignored ? 'failed, ignored' : null,
    decisionOn(step),
    step.retries > 0 ? `retried ${step.retries} times` : null,
    toleratedIn(phase, step),
  ].filter((each) => each !== null);
  return notes.length === 0 ? null : notes.join('; ');
}

function decisionOn({ interventions }: Step): string | null {
  const last = interventions.at(-1);
  if (last === undefined) return null;
  const who = last.actor === null ? last.reason : `by ${last.actor}${last.reason === '' ? '' : `, ${last.reason}`}`;
  return `${last.action} (${who})`;
}

const MAX_NAMED = 5;

/** A success that left hosts behind. */
function toleratedIn(phase: Phase, step: Step): string | null {
  if (step.status !== 'SUCCESS' || phase.dropped.length === 0) return null;
  const dropped = new Set(phase.dropped);
  const hosts = step.tasks.flatMap(({ target, status }) =>
    status === 'FAILED' && dropped.has(target) ? [target] : [],
  );
  if (hosts.length === 0) return null;
  const rest = hosts.length - MAX_NAMED;
  return `without ${hosts.slice(0, MAX_NAMED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
