/**
 * An execution as the page knows it: the frames of its feed folded. Nodes arrive whole, so applying one twice changes
 * nothing, and a frame below the known sequence tells nothing new.
 */
import type { ExecutionHeader, ExecutionView, NodeView, ServerFrame } from '@fairlead/proto/live.ts';
import type { NodeId } from '@fairlead/proto/model/ids.ts';

export interface ExecutionState {
  readonly seq: number;
  readonly header: ExecutionHeader;
  readonly nodes: ReadonlyMap<NodeId, NodeView>;
  /** Ids in order of execution; null is the parent of the roots. */
  readonly children: ReadonlyMap<NodeId | null, readonly NodeId[]>;
}

export type ExecutionFrame = Extract<ServerFrame, { readonly feed: 'execution' }>;

export type Applied =
  | { readonly state: ExecutionState; readonly changed: boolean }
  /** A change of something never seen: only a snapshot helps. */
  | { readonly state: null };

export function applyExecutionFrame(state: ExecutionState | null, frame: ExecutionFrame): Applied {
  // A replica that lags behind the one asked before tells what is known already.
  if (state !== null && frame.seq < state.seq) return { state, changed: false };
  if (frame.snapshot) return { state: fromNodes(frame.seq, frame.header, frame.nodes), changed: true };
  if (state === null) return { state: null };
  if (frame.nodes.length === 0) return { state: { ...state, seq: frame.seq, header: frame.header }, changed: true };
  const nodes = new Map(state.nodes);
  const moved = new Set<NodeId | null>();
  for (const node of frame.nodes) {
    const before = nodes.get(node.id);
    if (before?.parent !== node.parent || before.order !== node.order) {
      moved.add(node.parent);
      if (before !== undefined) moved.add(before.parent);
    }
    nodes.set(node.id, node);
  }
  const children = moved.size === 0 ? state.children : withChildren(state.children, nodes, moved, frame.nodes);
  return { state: { seq: frame.seq, header: frame.header, nodes, children }, changed: true };
}

/** The answer of a plain request, used while the socket is away: never replaces something newer. */
export function applyView(state: ExecutionState | null, view: ExecutionView): ExecutionState {
  return state !== null && state.seq >= view.seq ? state : fromNodes(view.seq, view.header, view.nodes);
}

function fromNodes(seq: number, header: ExecutionHeader, list: readonly NodeView[]): ExecutionState {
  const nodes = new Map(list.map((node) => [node.id, node]));
  const children = new Map<NodeId | null, NodeId[]>();
  for (const node of nodes.values()) {
    const siblings = children.get(node.parent);
    if (siblings === undefined) children.set(node.parent, [node.id]);
    else siblings.push(node.id);
  }
  for (const siblings of children.values()) sortByOrder(siblings, nodes);
  return { seq, header, nodes, children };
}

function withChildren(
  before: ExecutionState['children'],
  nodes: ReadonlyMap<NodeId, NodeView>,
  moved: ReadonlySet<NodeId | null>,
  changed: readonly NodeView[],
): ExecutionState['children'] {
  const children = new Map(before);
  for (const parent of moved) {
    const kept = new Set((children.get(parent) ?? []).filter((id) => nodes.get(id)?.parent === parent));
    for (const node of changed) if (node.parent === parent) kept.add(node.id);
    children.set(parent, sortByOrder([...kept], nodes));
  }
  return children;
}

function sortByOrder(ids: NodeId[], nodes: ReadonlyMap<NodeId, NodeView>): NodeId[] {
  return ids.sort((one, other) => (nodes.get(one)?.order ?? 0) - (nodes.get(other)?.order ?? 0));
}

export function childrenOf(state: ExecutionState, parent: NodeId | null): readonly NodeView[] {
  const result: NodeView[] = [];
  for (const id of state.children.get(parent) ?? []) {
    const node = state.nodes.get(id);
    if (node !== undefined) result.push(node);
  }
  return result;
}

/** From the root down to the node itself. */
export function pathOf(state: ExecutionState, id: NodeId): readonly NodeView[] {
  const path: NodeView[] = [];
  for (let node = state.nodes.get(id); node !== undefined;) {
    path.unshift(node);
    node = node.parent === null ? undefined : state.nodes.get(node.parent);
  }
  return path;
}
