/** The rows of the tree, top to bottom: what is drawn is decided here, without drawing. */
import type { NodeView } from '@fairlead/proto/live.ts';
import type { NodeId } from '@fairlead/proto/model/ids.ts';
import { isFailed } from '@fairlead/proto/model/status.ts';
import { childrenOf, type ExecutionState } from './execution-state.ts';
import { isActive } from './status-look.ts';

export type TreeRow =
  | {
      readonly type: 'node';
      readonly key: string;
      readonly node: NodeView;
      readonly level: number;
      /** Null: nothing below it to show. */
      readonly expanded: boolean | null;
      readonly position: number;
      readonly siblings: number;
    }
  /** One line of hosts of the step above it. */
  | {
      readonly type: 'hosts';
      readonly key: string;
      readonly step: NodeView;
      readonly tasks: readonly NodeView[];
      readonly level: number;
      readonly compact: boolean;
    }
  /** From here on the rollback path. */
  | { readonly type: 'rollback'; readonly key: string };

export interface TreeShape {
  /** What a person opened or closed; the rest follows the state. */
  readonly toggled: ReadonlyMap<NodeId, boolean>;
  readonly namedPerRow: number;
  readonly compactPerRow: number;
}

/** More hosts than this are cells without a name. */
export const NAMED_HOSTS = 36;

/** `run`: only what is below this one. */
export function treeRows(state: ExecutionState, shape: TreeShape, run: NodeId | null = null): readonly TreeRow[] {
  const rows: TreeRow[] = [];
  const all = childrenOf(state, null);
  const runs = run === null ? all : all.filter((each) => each.id === run);
  // One run is what the header speaks of already.
  if (runs.length === 1 && runs[0]?.kind === 'run') addPhases(rows, state, shape, runs[0].id, 1);
  else addSiblings(rows, state, shape, runs, 1);
  return rows;
}

function addPhases(rows: TreeRow[], state: ExecutionState, shape: TreeShape, run: NodeId, level: number): void {
  addSiblings(rows, state, shape, childrenOf(state, run), level);
}

function addSiblings(
  rows: TreeRow[],
  state: ExecutionState,
  shape: TreeShape,
  nodes: readonly NodeView[],
  level: number,
): void {
  let undoing = false;
  nodes.forEach((node, index) => {
    if (node.kind === 'phase' && node.rollback && !undoing) {
      undoing = true;
      rows.push({ type: 'rollback', key: `rollback:${node.id}` });
    }
    const below = childrenOf(state, node.id);
    const expanded = canExpand(node, below) ? (shape.toggled.get(node.id) ?? opensItself(node, nodes)) : null;
    rows.push({ type: 'node', key: node.id, node, level, expanded, position: index + 1, siblings: nodes.length });
    if (expanded !== true) return;
    if (node.kind === 'step') addHosts(rows, shape, node, below, level + 1);
    else addSiblings(rows, state, shape, below, level + 1);
  });
}

function addHosts(rows: TreeRow[], shape: TreeShape, step: NodeView, tasks: readonly NodeView[], level: number): void {
  const compact = tasks.length > NAMED_HOSTS;
  const perRow = Math.max(1, compact ? shape.compactPerRow : shape.namedPerRow);
  for (let from = 0; from < tasks.length; from += perRow) {
    rows.push({
      type: 'hosts',
      key: `${step.id}:hosts:${from}`,
      step,
      tasks: tasks.slice(from, from + perRow),
      level,
      compact,
    });
  }
}

/** A step that runs once, at no host, is its own log: there is nothing to open. */
export const runsAtHosts = (tasks: readonly NodeView[]): boolean =>
  tasks.length > 1 || (tasks[0]?.target ?? '-') !== '-';

function canExpand(node: NodeView, below: readonly NodeView[]): boolean {
  return node.kind === 'step' ? runsAtHosts(below) : below.length > 0;
}

/** What goes on or went wrong lies open; what ended well closes, as soon as something else wants to be looked at. */
function opensItself(node: NodeView, siblings: readonly NodeView[]): boolean {
  if (node.kind === 'section') return true;
  if (needsEyes(node)) return true;
  if (node.kind === 'step' || node.status === null) return false;
  return !siblings.some(needsEyes);
}

const needsEyes = (node: NodeView): boolean => isActive(node.status) || (node.status !== null && isFailed(node.status));
