/** Which attempts of an execution have a log that was asked for, oldest first. */
import type { ExecutionView, NodeView } from '@fairlead/proto/live.ts';
import type { AttemptId } from '@fairlead/proto/model/ids.ts';
import type { Tree } from './view-tree.ts';

export interface LogChoice {
  readonly step?: string;
  readonly host?: string;
  /** The first is 1. */
  readonly attempt?: number;
}

export interface LoggedAttempt {
  readonly attemptId: AttemptId;
  readonly title: string;
}

export function loggedAttempts(view: ExecutionView, tree: Tree, choice: LogChoice): readonly LoggedAttempt[] {
  const wanted = choice.step?.toLowerCase();
  return view.nodes
    .flatMap((node) => attemptsOfTask(node, tree))
    .filter(({ node }) => node.startedAt !== null)
    .filter(({ node }) => choice.host === undefined || node.target === choice.host)
    .filter(({ node }) => wanted === undefined || stepNameOf(node, tree).toLowerCase() === wanted)
    .filter(({ number }) => choice.attempt === undefined || number === choice.attempt)
    .sort((one, other) => (one.node.startedAt ?? 0) - (other.node.startedAt ?? 0))
    .flatMap(({ node, number, of }) =>
      node.attemptId === null ? [] : [{ attemptId: node.attemptId, title: titleOf(node, tree, number, of) }],
    );
}

/** A task that was tried once has no attempts below it: it stands for its only one. */
function attemptsOfTask(
  task: NodeView,
  tree: Tree,
): readonly { readonly node: NodeView; readonly number: number; readonly of: number }[] {
  if (task.kind !== 'task') return [];
  const attempts = tree.childrenOf(task.id).filter((node) => node.kind === 'attempt');
  const all = attempts.length === 0 ? [task] : attempts;
  return all.map((node, index) => ({ node, number: index + 1, of: all.length }));
}

export const stepNameOf = (node: NodeView, tree: Tree): string => tree.pathOf(node).split(' / ').at(-1) ?? '';

function titleOf(node: NodeView, tree: Tree, number: number, of: number): string {
  const host = node.target === null ? '' : ` @ ${node.target}`;
  return `${tree.pathOf(node)}${host}${of === 1 ? '' : `, attempt ${number} of ${of}`}`;
}
