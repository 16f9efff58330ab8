/** The keys of a tree as everyone knows them: arrows, Home, End, Enter. Lines of hosts are passed over. */
import type { NodeId } from '@fairlead/proto/model/ids.ts';
import type { TreeRow } from '../state/execution-tree.ts';

export type TreeMove =
  | { readonly type: 'focus'; readonly index: number }
  | { readonly type: 'activate'; readonly index: number }
  | { readonly type: 'toggle'; readonly node: NodeId; readonly open: boolean };

export function moveFocus(rows: readonly TreeRow[], focused: string | null, key: string): TreeMove | null {
  const at = rows.findIndex((row) => row.key === focused);
  const row = rows[at];
  switch (key) {
    case 'ArrowDown':
      return focusAt(next(rows, at, 1));
    case 'ArrowUp':
      return focusAt(next(rows, at, -1));
    case 'Home':
      return focusAt(next(rows, -1, 1));
    case 'End':
      return focusAt(next(rows, rows.length, -1));
    case 'Enter':
    case ' ':
      return row === undefined ? null : { type: 'activate', index: at };
    case 'ArrowRight':
      if (row?.type !== 'node') return null;
      if (row.expanded === false) return { type: 'toggle', node: row.node.id, open: true };
      return row.expanded === true ? focusAt(next(rows, at, 1)) : null;
    case 'ArrowLeft':
      if (row?.type !== 'node') return null;
      if (row.expanded === true) return { type: 'toggle', node: row.node.id, open: false };
      return focusAt(parentOf(rows, at, row.level));
    default:
      return null;
  }
}

const focusAt = (index: number | null): TreeMove | null => (index === null ? null : { type: 'focus', index });

function next(rows: readonly TreeRow[], from: number, step: 1 | -1): number | null {
  for (let index = from + step; index >= 0 && index < rows.length; index += step) {
    if (rows[index]?.type === 'node') return index;
  }
  return null;
}

function parentOf(rows: readonly TreeRow[], from: number, level: number): number | null {
  for (let index = from - 1; index >= 0; index -= 1) {
    const row = rows[index];
    if (row?.type === 'node' && row.level < level) return index;
  }
  return null;
}
