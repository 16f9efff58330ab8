import type { NodeView } from '@fairlead/proto/live.ts';
import { memo, type ReactNode } from 'react';
import { labelOf, toneOf } from '../state/status-look.ts';
import { Elapsed } from './elapsed.tsx';
import { ToneIcon } from './status-icon.tsx';

interface HostCellProps {
  readonly task: NodeView;
  readonly compact: boolean;
  readonly selected: boolean;
  readonly select: (node: string) => void;
}

/** One host of a step. With many hosts only the sign is left; name and status are in its title. */
const HostCell = memo(function HostCell({ task, compact, selected, select }: HostCellProps): ReactNode {
  const tone = toneOf(task.status);
  const host = task.target ?? task.name;
  const words = `${host}: ${labelOf(task.status)}`;
  return (
    <button
      type="button"
      className={`cell tone-${tone}${compact ? ' compact' : ''}`}
      aria-label={words}
      aria-pressed={selected}
      title={task.note === null ? words : `${words} (${task.note})`}
      tabIndex={-1}
      data-host={host}
      data-status={task.status ?? 'NONE'}
      onClick={() => select(task.id)}
    >
      <ToneIcon tone={tone} size={compact ? 11 : 14} still />
      {!compact && (
        <>
          <span className="cell-name">{host}</span>
          <Elapsed startedAt={task.startedAt} endedAt={task.endedAt} />
        </>
      )}
    </button>
  );
});

interface HostCellsProps {
  readonly tasks: readonly NodeView[];
  readonly compact: boolean;
  /** Null unless it is one of these. */
  readonly selected: string | null;
  readonly select: (node: string) => void;
}

/** A line of hosts; drawn again only when one of them changed. */
export const HostCells = memo(
  function HostCells({ tasks, compact, selected, select }: HostCellsProps): ReactNode {
    return tasks.map((task) => (
      <HostCell key={task.id} task={task} compact={compact} selected={task.id === selected} select={select} />
    ));
  },
  (before, after) =>
    before.selected === after.selected &&
    before.compact === after.compact &&
    before.select === after.select &&
    before.tasks.length === after.tasks.length &&
    before.tasks.every((task, index) => task === after.tasks[index]),
);
