import type { NodeId } from '@fairlead/proto/model/ids.ts';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useWidth } from '../browser/use-width.ts';
import { childrenOf, type ExecutionState } from '../state/execution-state.ts';
import { runsAtHosts, type TreeRow, treeRows } from '../state/execution-tree.ts';
import { summarizeHosts } from '../state/host-summary.ts';
import { HostCells } from './host-cells.tsx';
import { ToneIcon } from './status-icon.tsx';
import { TreeNodeRow } from './tree-node-row.tsx';
import { moveFocus } from './tree-keys.ts';

const NAMED_CELL = 172;
const COMPACT_CELL = 20;
const INDENT = 18;
const CELLS_LEFT = 58;

function heightOf(row: TreeRow): number {
  if (row.type === 'rollback') return 44;
  if (row.type === 'hosts') return row.compact ? COMPACT_CELL : 30;
  return row.node.kind === 'phase' || row.node.kind === 'run' ? 40 : 30;
}

interface ExecutionTreeProps {
  readonly state: ExecutionState;
  /** Only this run; null: all of them. */
  readonly run: NodeId | null;
  readonly selected: NodeId | null;
  /** Nobody has chosen: what is selected is brought into sight. */
  readonly automatic: boolean;
  readonly select: (node: NodeId) => void;
}

export function ExecutionTree({ state, run, selected, automatic, select }: ExecutionTreeProps): ReactNode {
  const scroller = useRef<HTMLDivElement>(null);
  const width = useWidth(scroller);
  const [toggled, setToggled] = useState<ReadonlyMap<NodeId, boolean>>(new Map());
  const [focused, setFocused] = useState<string | null>(null);
  const room = width - CELLS_LEFT - INDENT * 3;
  const namedPerRow = Math.max(1, Math.floor(room / NAMED_CELL));
  const compactPerRow = Math.max(1, Math.floor(room / COMPACT_CELL));
  const rows = useMemo(
    () => treeRows(state, { toggled, namedPerRow, compactPerRow }, run),
    [state, toggled, namedPerRow, compactPerRow, run],
  );

  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => {
      const row = rows[index];
      return row === undefined ? 0 : heightOf(row);
    },
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 6,
  });
  // Heights are known, not measured: they only change when the rows do.
  useMemo(() => virtual.measure(), [virtual, rows.length]);

  const shownAt = automatic && selected !== null ? rowOf(rows, selected) : -1;
  useEffect(() => {
    if (shownAt >= 0) virtual.scrollToIndex(shownAt);
    // Only a new selection scrolls: rows that come and go above it must not.
  }, [virtual, automatic, selected, shownAt >= 0]);

  const toggle = useCallback((node: NodeId, open: boolean) => {
    setToggled((before) => new Map(before).set(node, open));
  }, []);

  const activate = (row: TreeRow): void => {
    if (row.type !== 'node') return;
    setFocused(row.key);
    if (row.node.kind === 'step') select(row.node.id);
    if (row.expanded !== null && (row.node.kind !== 'step' || selected === row.node.id))
      toggle(row.node.id, !row.expanded);
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    const move = moveFocus(rows, focused, event.key);
    if (move === null) return;
    event.preventDefault();
    if (move.type === 'toggle') return toggle(move.node, move.open);
    const row = rows[move.index];
    if (row === undefined) return;
    if (move.type === 'activate') return activate(row);
    setFocused(row.key);
    virtual.scrollToIndex(move.index);
  };

  const current = focused !== null && rows.some((row) => row.key === focused) ? focused : null;
  return (
    <div className="tree-scroll" ref={scroller}>
      {rows.length === 0 && <p className="quiet pad">No phase has been opened.</p>}
      <div
        className="tree"
        role="tree"
        aria-label="Phases, sections and steps"
        tabIndex={0}
        aria-activedescendant={current === null ? undefined : domId(current)}
        onKeyDown={onKeyDown}
        onFocus={() => setFocused((before) => before ?? rows[0]?.key ?? null)}
        style={{ height: virtual.getTotalSize() }}
      >
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          const place = { transform: `translateY(${item.start}px)`, height: item.size };
          if (row.type === 'rollback') {
            return (
              <div key={row.key} className="rollback-mark" style={place} role="presentation">
                <ToneIcon tone="undoing" size={15} still />
                <span>Rollback path</span>
                <span className="rollback-line" />
              </div>
            );
          }
          if (row.type === 'hosts') {
            return (
              <div
                key={row.key}
                className={`host-row${row.compact ? ' compact' : ''}${row.step.rollback ? ' undo' : ''}`}
                style={{ ...place, paddingLeft: CELLS_LEFT + (row.level - 2) * INDENT }}
                role="group"
                aria-label={`Hosts of ${row.step.name}`}
              >
                <HostCells
                  tasks={row.tasks}
                  compact={row.compact}
                  selected={row.tasks.some((task) => task.id === selected) ? selected : null}
                  select={select}
                />
              </div>
            );
          }
          const { node } = row;
          const tasks = node.kind === 'step' ? childrenOf(state, node.id) : [];
          return (
            <div
              key={row.key}
              id={domId(row.key)}
              role="treeitem"
              aria-level={row.level}
              aria-posinset={row.position}
              aria-setsize={row.siblings}
              aria-expanded={row.expanded ?? undefined}
              aria-selected={node.id === selected}
              className={`row row-${node.kind}${node.rollback ? ' undo' : ''}${row.key === current ? ' focused' : ''}${node.status === null ? ' unreached' : ''}`}
              style={{ ...place, paddingLeft: 10 + (row.level - 1) * INDENT }}
              data-node={node.id}
              data-status={node.status ?? 'NONE'}
              onClick={() => activate(row)}
            >
              <TreeNodeRow
                node={node}
                expanded={row.expanded}
                hosts={runsAtHosts(tasks) ? summarizeHosts(tasks) : null}
              />
            </div>
          );
        })}
      </div>
    </div>
  );
}

const rowOf = (rows: readonly TreeRow[], id: NodeId): number =>
  rows.findIndex((row) => (row.type === 'hosts' ? row.tasks.some((task) => task.id === id) : row.key === id));

/** Ids of nodes hold slashes and signs; any unique text without spaces is an id in HTML. */
const domId = (key: string): string => `row:${key.replaceAll(/\s/g, '_')}`;
