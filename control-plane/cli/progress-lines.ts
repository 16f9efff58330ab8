/** Progress for logs and pipes: one line whenever something changes, in the order in which it happened. */
import type { ExecutionView, NodeView } from '@fairlead/proto/live.ts';
import { isTerminal, STATUSES } from '@fairlead/proto/model/status.ts';
import type { Style } from './style.ts';
import { elapsed, formatOf, symbolOf } from './style.ts';
import { treeOf } from './view-tree.ts';
import type { Tree } from './view-tree.ts';

export function changeLines(before: ExecutionView | null, after: ExecutionView, style: Style): readonly string[] {
  const known = new Map(before?.nodes.map((node) => [node.id, node]));
  const tree = treeOf(after);
  const changed = after.nodes.filter((node) => isNews(known.get(node.id), node));
  const lines = inOrder(changed, tree).map((node) => nodeLine(node, after, tree, style));
  const { header } = after;
  if (header.waiting !== null && header.waiting !== before?.header.waiting) {
    lines.push(style.paint('yellow', `waiting: ${header.waiting}`));
  }
  if (before !== null && header.status !== before.header.status) {
    lines.push(style.paint(formatOf(header.status), `${header.name}: ${STATUSES[header.status].label}`));
  }
  return lines;
}

function isNews(old: NodeView | undefined, node: NodeView): boolean {
  if (node.status === null || node.kind === 'run') return false;
  // That a host is next in line goes without saying, unless there is a reason to wait.
  if (node.kind === 'task' && node.startedAt === null && node.note === null) return false;
  // A task tells what its attempts do, except that there is another one.
  if (node.kind === 'attempt') return node.failure !== null && old?.status !== node.status;
  return old?.status !== node.status || (node.note !== null && old.note !== node.note);
}

function inOrder(nodes: readonly NodeView[], tree: Tree): NodeView[] {
  const ended = (node: NodeView): boolean => node.status !== null && isTerminal(node.status);
  const at = (node: NodeView): number => (ended(node) ? node.endedAt : node.startedAt) ?? 0;
  // At the same time: parents begin before their children and end after them.
  const rank = (node: NodeView): number => tree.depthOf(node) * (ended(node) ? -1 : 1);
  return [...nodes].sort((one, other) => at(one) - at(other) || rank(one) - rank(other) || one.order - other.order);
}

function nodeLine(node: NodeView, view: ExecutionView, tree: Tree, style: Style): string {
  const status = node.status ?? 'QUEUED';
  const at = (isTerminal(status) ? node.endedAt : node.startedAt) ?? view.header.startedAt;
  const since = `+${elapsed(at - view.header.startedAt)}`.padStart(8);
  const took =
    isTerminal(status) && node.startedAt !== null && node.endedAt !== null && status !== 'SKIPPED'
      ? ` in ${elapsed(node.endedAt - node.startedAt)}`
      : '';
  const label = style.paint(formatOf(status), `${symbolOf(status)} ${STATUSES[status].label.padEnd(9)}`);
  const where = `${node.rollback ? 'rollback: ' : ''}${tree.pathOf(node)}`;
  const target = node.target === null ? '' : ` @ ${node.target}`;
  const why = node.failure?.message ?? node.note;
  return `${since}  ${label} ${where}${target}${took}${why === null ? '' : `: ${why}`}`;
}
