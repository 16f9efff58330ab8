/** What to show when nobody has chosen yet, and which log belongs to what was chosen. */
import type { NodeView } from '@fairlead/proto/live.ts';
import type { AttemptId, NodeId } from '@fairlead/proto/model/ids.ts';
import { childrenOf, type ExecutionState } from './execution-state.ts';
import { NAMED_HOSTS, runsAtHosts } from './execution-tree.ts';
import { isActive } from './status-look.ts';

/**
 * The first cause once there is one; otherwise what runs now; otherwise what ran last. `current` is kept while it still
 * runs, so that the view does not jump between steps that go on side by side. `run`: only what is below this one.
 */
export function focusOf(state: ExecutionState, current: NodeId | null, run: NodeId | null = null): NodeId | null {
  const isBelow = (id: NodeId): boolean => run === null || id.startsWith(`${run}/`);
  const cause = causeOf(state);
  if (cause !== null && isBelow(cause)) return cause;
  const shown = current === null || !isBelow(current) ? undefined : state.nodes.get(current);
  if (shown !== undefined && isActive(shown.status)) return shown.id;
  let last: NodeView | null = null;
  for (const node of state.nodes.values()) {
    if (node.kind !== 'step' || node.startedAt === null || !isBelow(node.id)) continue;
    if (last === null || isLater(node, last)) last = node;
  }
  if (last === null) return null;
  const tasks = childrenOf(state, last.id);
  // Of many hosts none matters more than the others.
  if (tasks.length > NAMED_HOSTS) return last.id;
  return tasks.find((task) => isActive(task.status))?.id ?? (runsAtHosts(tasks) ? (tasks[0]?.id ?? last.id) : last.id);
}

function isLater(one: NodeView, other: NodeView): boolean {
  if (isActive(one.status) !== isActive(other.status)) return isActive(one.status);
  return (one.startedAt ?? 0) >= (other.startedAt ?? 0);
}

/** The node the header names as the first cause: the task at its target where that is known. */
export function causeOf(state: ExecutionState): NodeId | null {
  const failure = state.header.failure;
  if (failure === null) return null;
  const node = state.nodes.get(failure.node);
  if (node === undefined) return null;
  if (node.kind === 'attempt') return node.parent ?? node.id;
  if (node.kind !== 'step') return node.id;
  const tasks = childrenOf(state, node.id);
  const failed = tasks.find((task) => task.target === failure.target);
  return runsAtHosts(tasks) && failed !== undefined ? failed.id : node.id;
}

export interface LogChoice {
  readonly attemptId: AttemptId;
  readonly node: NodeView;
}

const logIdOf = (attempt: NodeView): AttemptId => {
  // An attempt's node has the attempt's id.
  const id: string = attempt.id;
  return attempt.attemptId ?? id;
};

/** Attempts with a log below a step (that runs once), a task or an attempt, oldest first. */
export function logsOf(state: ExecutionState, node: NodeView): readonly LogChoice[] {
  if (node.kind === 'attempt') return [{ attemptId: logIdOf(node), node }];
  const below = childrenOf(state, node.id);
  if (node.kind === 'task') {
    const attempts = below.map((attempt) => ({ attemptId: logIdOf(attempt), node: attempt }));
    if (attempts.length > 0) return attempts;
    return node.attemptId === null ? [] : [{ attemptId: node.attemptId, node }];
  }
  if (node.kind !== 'step' || runsAtHosts(below)) return [];
  const only = below[0];
  if (only !== undefined) {
    const found = logsOf(state, only);
    if (found.length > 0) return found;
  }
  return node.attemptId === null ? [] : [{ attemptId: node.attemptId, node }];
}
