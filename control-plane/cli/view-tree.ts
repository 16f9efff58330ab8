/** The flat nodes of a view as a tree, in the order of execution. */
import type { ExecutionView, NodeView } from '@fairlead/proto/live.ts';
import type { NodeId } from '@fairlead/proto/model/ids.ts';

export interface Tree {
  readonly roots: readonly NodeView[];
  readonly childrenOf: (id: NodeId) => readonly NodeView[];
  /** `Phase 1 / Deploy Service / Install`, without the target; with the run where there are several. */
  readonly pathOf: (node: NodeView) => string;
  readonly depthOf: (node: NodeView) => number;
}

export function treeOf(view: ExecutionView): Tree {
  const byId = new Map(view.nodes.map((node) => [node.id, node]));
  const children = new Map<NodeId | null, NodeView[]>();
  for (const node of view.nodes) {
    const siblings = children.get(node.parent);
    if (siblings === undefined) children.set(node.parent, [node]);
    else siblings.push(node);
  }
  for (const siblings of children.values()) siblings.sort((one, other) => one.order - other.order);
  const ancestors = (node: NodeView): readonly NodeView[] => {
    const line: NodeView[] = [];
    for (let each: NodeView | undefined = node; each !== undefined;) {
      line.unshift(each);
      each = each.parent === null ? undefined : byId.get(each.parent);
    }
    return line;
  };
  const isOne = view.nodes.filter(({ kind }) => kind === 'run').length <= 1;
  const untold: ReadonlySet<NodeView['kind']> = new Set(isOne ? ['run', 'task', 'attempt'] : ['task', 'attempt']);
  return {
    roots: children.get(null) ?? [],
    childrenOf: (id) => children.get(id) ?? [],
    pathOf: (node) =>
      ancestors(node)
        .filter(({ kind }) => !untold.has(kind))
        .map((each) => each.name)
        .join(' / '),
    depthOf: (node) => ancestors(node).length,
  };
}
