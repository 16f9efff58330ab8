/** Progress for a terminal: the tree as it is now, what is over folded, never higher than the screen. */
import type { ExecutionView, NodeView } from '@fairlead/proto/live.ts';
import { isFailed, isTerminal, STATUSES } from '@fairlead/proto/model/status.ts';
import type { Style } from './style.ts';
import { elapsed, formatOf, symbolOf } from './style.ts';
import type { Tree } from './view-tree.ts';
import { treeOf } from './view-tree.ts';

export interface Screen {
  readonly columns: number;
  readonly rows: number;
}

export function treeLines(view: ExecutionView, now: number, screen: Screen, style: Style): readonly string[] {
  const tree = treeOf(view);
  const lines = [headLine(view, now, style)];
  for (const root of tree.roots) {
    const nodes = root.kind === 'run' ? tree.childrenOf(root.id) : [root];
    for (const node of nodes) addNode(lines, node, 1, { tree, now, style, all: isTerminal(view.header.status) });
  }
  const { waiting } = view.header;
  if (waiting !== null) lines.push(style.paint('yellow', `  waiting: ${waiting}`));
  return fit(lines, screen);
}

interface Context {
  readonly tree: Tree;
  readonly now: number;
  readonly style: Style;
  /** It is over: show every phase, and what failed. */
  readonly all: boolean;
}

function headLine(view: ExecutionView, now: number, style: Style): string {
  const { header } = view;
  const builds = header.artifacts.map((each) => `${each.service} ${each.build}`).join(', ');
  const took = elapsed((header.endedAt ?? now) - header.startedAt);
  const status = style.paint(formatOf(header.status), STATUSES[header.status].label);
  const progress = `${header.progress.done}/${header.progress.total} steps`;
  return [style.paint('bold', header.name), builds, status, progress, took, header.executionId]
    .filter((part) => part !== '')
    .join('  ');
}

function addNode(lines: string[], node: NodeView, depth: number, context: Context): void {
  const { tree, style, now } = context;
  if (node.status === null && depth > 1) return;
  const indent = '  '.repeat(depth);
  const mark = style.paint(formatOf(node.status), symbolOf(node.status));
  const name = node.rollback && depth === 1 ? `${node.name} (rollback)` : node.name;
  const took = node.startedAt === null ? '' : `  ${elapsed((node.endedAt ?? now) - node.startedAt)}`;
  const children = tree.childrenOf(node.id);
  const tasks = children.filter((child) => child.kind === 'task' && child.target !== null);
  const hosts = tasks.map((task) => `${task.target} ${style.paint(formatOf(task.status), symbolOf(task.status))}`);
  const beside = hosts.length === 0 ? '' : `  ${hosts.join('  ')}`;
  const left = node.until === undefined ? '' : ` (${elapsed(Math.max(0, node.until - now))} left)`;
  const note = node.note === null ? '' : `  ${style.paint('gray', node.note + left)}`;
  lines.push(`${indent}${mark} ${name}${style.paint('gray', took)}${beside}${note}`);
  if (!isOpen(node)) return;
  for (const child of [node, ...tasks]) {
    const message = child.failure?.message;
    const isOwn = message !== undefined && (child !== node || (tasks.length === 0 && node.kind === 'step'));
    if (isOwn) lines.push(`${indent}  ${style.paint('red', `${child.target ?? ''} ${message}`.trim())}`);
  }
  for (const child of children) {
    if (child.kind !== 'task' && child.kind !== 'attempt') addNode(lines, child, depth + 1, context);
  }
}

/** What succeeded or did not begin is one line. */
function isOpen(node: NodeView): boolean {
  if (node.status === null) return false;
  return !isTerminal(node.status) || isFailed(node.status);
}

/** Cut, not wrapped: redrawing counts lines. The head stays, the rest shows its end. */
function fit(lines: readonly string[], screen: Screen): readonly string[] {
  const room = Math.max(3, screen.rows - 1);
  const [head = '', ...rest] = lines;
  const shown = rest.length + 1 <= room ? rest : [`  … ${rest.length - room + 2} lines …`, ...rest.slice(2 - room)];
  return [head, ...shown].map((line) => cut(line, screen.columns));
}

// eslint-disable-next-line no-control-regex -- terminal colors are control characters
const COLOR = /\u001b\[\d+m/y;

/** At most so many columns, colors not counted. */
export function cut(line: string, columns: number): string {
  let width = 0;
  for (let at = 0; at < line.length;) {
    COLOR.lastIndex = at;
    const color = COLOR.exec(line);
    if (color !== null) {
      at += color[0].length;
      continue;
    }
    if (width === columns - 1 && line.length - at > 1)
      return `${line.slice(0, at)}…${line.includes('\u001b') ? '\u001b[0m' : ''}`;
    width += 1;
    at += 1;
  }
  return line;
}
