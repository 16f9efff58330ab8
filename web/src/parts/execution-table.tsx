import type { ExecutionListRow } from '@fairlead/proto/live.ts';
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, type ReactNode, useEffect, useRef } from 'react';
import type { Executions } from '../live/use-executions.ts';
import { executionPath, Link } from '../router.tsx';
import { summaryOf } from '../state/list-rows.ts';
import { isActive, toneOf } from '../state/status-look.ts';
import { Ago, Elapsed } from './elapsed.tsx';
import { PersonIcon } from './person-icon.tsx';
import { StatusLabel } from './status-icon.tsx';

const ROW_HEIGHT = 46;
/** A search looks this many pages back by itself; further only when asked. */
const SEARCHED_PAGES = 10;

export function ExecutionTable({
  executions,
  searching,
}: {
  readonly executions: Executions;
  readonly searching: boolean;
}): ReactNode {
  const scroller = useRef<HTMLDivElement>(null);
  const { rows, hasMore, loadingMore, loadMore, pages } = executions;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => rows[index]?.executionId ?? index,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? 0;
  const byItself = !searching || pages < SEARCHED_PAGES;
  const nearEnd = lastShown >= rows.length - 15;
  useEffect(() => {
    if (nearEnd && hasMore && !loadingMore && byItself) loadMore();
  }, [nearEnd, hasMore, loadingMore, byItself, loadMore]);

  return (
    <div className="table-scroll" ref={scroller}>
      <div
        className="table"
        role="table"
        aria-label="Executions, newest first"
        aria-rowcount={hasMore ? -1 : rows.length + 1}
      >
        <div className="table-head" role="row">
          {['Status', 'What', 'Artifacts', 'Progress', 'Started', 'Duration'].map((name) => (
            <span key={name} role="columnheader">
              {name}
            </span>
          ))}
        </div>
        <div className="table-body" role="rowgroup" style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            return (
              <div
                key={item.key}
                className="table-place"
                role="presentation"
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <ExecutionLine row={row} index={item.index + 2} />
              </div>
            );
          })}
        </div>
        <p className="table-foot" role="status">
          {loadingMore
            ? 'Loading more…'
            : hasMore
              ? ''
              : `${rows.length} ${rows.length === 1 ? 'execution' : 'executions'}`}
          {hasMore && !byItself && !loadingMore && (
            <button type="button" className="button" onClick={loadMore}>
              Look further back
            </button>
          )}
        </p>
      </div>
    </div>
  );
}

const ExecutionLine = memo(function ExecutionLine({
  row,
  index,
}: {
  readonly row: ExecutionListRow;
  readonly index: number;
}): ReactNode {
  const { artifacts, progress, failure, waiting, people } = summaryOf(row.summary);
  const asked = isActive(row.status) ? people : [];
  const note = failure ?? (isActive(row.status) ? waiting : null);
  return (
    <div className="entry" role="row" aria-rowindex={index} data-execution={row.executionId} data-status={row.status}>
      <span role="cell">
        <StatusLabel status={row.status} />
      </span>
      <span role="cell" className="entry-what">
        <span className="entry-name">
          <Link to={executionPath(row.executionId)} className="entry-link">
            {row.name}
          </Link>
          {row.environment !== null && <span className="entry-environment"> to {row.environment}</span>}
          <span className="quiet"> · {row.application}</span>
        </span>
        {asked.length > 0 ? (
          <AskedNote asked={asked} />
        ) : (
          note !== null && (
            <span className={`entry-note${failure === null ? '' : ' failed'}`} title={note}>
              {note}
            </span>
          )
        )}
      </span>
      <span role="cell" className="entry-artifacts">
        {artifacts.map((each) => (
          <span key={each.service} className="artifact">
            {each.service} <strong>{each.build}</strong>
          </span>
        ))}
      </span>
      <span role="cell" className={`entry-progress tone-${toneOf(row.status)}`}>
        {progress !== null && progress.total > 0 && isActive(row.status) && (
          <>
            <span className="progress-track" aria-hidden="true">
              <span
                className="progress-fill"
                style={{ transform: `scaleX(${Math.min(1, progress.done / progress.total)})` }}
              />
            </span>
            <span className="entry-count">
              {progress.done}/{progress.total}
            </span>
          </>
        )}
      </span>
      <span role="cell" className="entry-when">
        <Ago at={row.startedAt} />
        <span className="quiet entry-actor">{row.actor}</span>
      </span>
      <span role="cell" className="entry-duration">
        <Elapsed startedAt={row.startedAt} endedAt={row.endedAt} />
      </span>
    </div>
  );
});

function AskedNote({ asked }: { readonly asked: readonly string[] }): ReactNode {
  return (
    <span className="entry-note entry-person tone-waiting" title={asked.join('\n')}>
      <PersonIcon size={12} />
      <span className="sr">Waits for a person: </span>
      {asked[0]}
      {asked.length > 1 && ` and ${asked.length - 1} more`}
    </span>
  );
}
