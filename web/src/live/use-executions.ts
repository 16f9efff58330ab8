import type { ExecutionListRow } from '@fairlead/proto/live.ts';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { listExecutions } from '../api/executions.ts';
import { type ListQuery, mergeRows, type Rows, shownRows } from '../state/list-rows.ts';
import { statusesOf } from '../state/status-look.ts';
import { useConnected, useLive } from './live-context.tsx';

const LIVE_ROWS = 200;
/** Rows older than the live window change rarely; this is how late their change may be seen. */
const REFRESH_MS = 20_000;
const POLL_MS = 3_000;
/** Asking again asks for every page: not while somebody reads far back. */
const FEW_PAGES = 3;
const NO_ROWS: Rows = new Map();

export interface Executions {
  readonly rows: readonly ExecutionListRow[];
  /** Every application seen so far, whatever the filter. */
  readonly applications: readonly string[];
  readonly loading: boolean;
  readonly error: Error | null;
  readonly hasMore: boolean;
  readonly loadingMore: boolean;
  readonly pages: number;
  readonly loadMore: () => void;
}

/**
 * Pages by cursor, kept true by the list feed. The feed is not filtered by status: a row that leaves the filter must be
 * seen leaving.
 */
export function useExecutions(query: ListQuery): Executions {
  const live = useLive();
  const socketAway = !useConnected();
  const [pushed, setPushed] = useState<Rows>(NO_ROWS);
  const { group, application, text } = query;

  useEffect(() => {
    setPushed(NO_ROWS);
    return live.add({
      open: () => ({
        type: 'subscribe',
        feed: 'list',
        filter: application === '' ? {} : { application },
        limit: LIVE_ROWS,
      }),
      receive(frames) {
        setPushed((known) => {
          let rows = known;
          for (const frame of frames) if ('feed' in frame && frame.feed === 'list') rows = mergeRows(rows, frame.rows);
          return rows;
        });
      },
    });
  }, [live, application]);

  const paged = useInfiniteQuery({
    queryKey: ['executions', group, application, text],
    queryFn: ({ pageParam }) =>
      listExecutions({ cursor: pageParam, application, text, statuses: group === null ? [] : statusesOf(group) }),
    // While somebody types what was found stays.
    placeholderData: keepPreviousData,
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
    refetchInterval: ({ state }) => {
      const few = (state.data?.pages.length ?? 0) <= FEW_PAGES;
      if (socketAway) return few ? POLL_MS : REFRESH_MS;
      return few ? REFRESH_MS : false;
    },
  });

  const rows = useMemo(() => {
    const fetched = (paged.data?.pages ?? []).flatMap((page) => page.rows);
    return shownRows(mergeRows(mergeRows(NO_ROWS, fetched), [...pushed.values()]), query);
  }, [paged.data, pushed, query]);

  const known = useRef(new Set<string>());
  const before = known.current.size;
  for (const row of rows) known.current.add(row.application);
  for (const row of pushed.values()) known.current.add(row.application);
  const [applications, setApplications] = useState<readonly string[]>([]);
  useEffect(() => {
    setApplications([...known.current].sort());
  }, [before, rows]);

  return {
    rows,
    applications,
    loading: paged.isPending && pushed.size === 0,
    error: paged.error,
    hasMore: paged.hasNextPage,
    loadingMore: paged.isFetchingNextPage,
    pages: paged.data?.pages.length ?? 0,
    loadMore: () => {
      if (paged.hasNextPage && !paged.isFetching) void paged.fetchNextPage();
    },
  };
}
