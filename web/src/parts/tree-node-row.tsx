import type { NodeView } from '@fairlead/proto/live.ts';
import { memo, type ReactNode } from 'react';
import type { HostSummary } from '../state/host-summary.ts';
import { labelOf, toneOf } from '../state/status-look.ts';
import { Elapsed, TimeLeft } from './elapsed.tsx';
import { HostBar } from './host-bar.tsx';
import { ToneIcon } from './status-icon.tsx';

interface TreeNodeRowProps {
  readonly node: NodeView;
  readonly expanded: boolean | null;
  /** Null: not a step at hosts. */
  readonly hosts: HostSummary | null;
}

/** What stands in a row of the tree; position, focus and clicks are the tree's. */
export const TreeNodeRow = memo(function TreeNodeRow({ node, expanded, hosts }: TreeNodeRowProps): ReactNode {
  const tone = toneOf(node.status);
  const note = node.failure?.message ?? node.note;
  return (
    <>
      <span
        className={`twisty${expanded === null ? ' none' : ''}${expanded === true ? ' open' : ''}`}
        aria-hidden="true"
      />
      <ToneIcon tone={tone} size={node.kind === 'phase' || node.kind === 'run' ? 18 : 15} />
      <span className="row-name">{node.name}</span>
      <span className="sr">, {labelOf(node.status)}</span>
      {note !== null && (
        <span className={`row-note${node.failure === null ? '' : ' failed'}`} title={note}>
          {note}
          {node.until !== undefined && <TimeLeft until={node.until} />}
        </span>
      )}
      <span className="row-end">
        {hosts !== null && <HostBar summary={hosts} />}
        {node.kind !== 'section' && showsLabel(node) && (
          <span className={`row-status tone-${tone}`}>{labelOf(node.status)}</span>
        )}
        <Elapsed startedAt={node.startedAt} endedAt={node.endedAt} />
      </span>
    </>
  );
});

/** Success is quiet: the icon says it. Everything else is said in words. */
function showsLabel(node: NodeView): boolean {
  return node.status !== null && (node.kind === 'phase' || node.kind === 'run' || toneOf(node.status) !== 'success');
}
