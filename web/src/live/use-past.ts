import type { Moment } from '@fairlead/proto/live.ts';
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { getExecutionAt, listMoments } from '../api/history.ts';
import { applyView, type ExecutionState } from '../state/execution-state.ts';
import { type Slice, slicesOf } from '../state/slices.ts';

/** So often, while it goes on, new moments are added to those to go to. */
const CATCH_UP_MS = 1_000;
const NONE: readonly Moment[] = [];

export interface Past {
  readonly slices: readonly Slice[];
  /** Null: it is being asked for. */
  readonly state: ExecutionState | null;
  readonly error: Error | null;
}

/**
 * The execution as it was after that record of its journal, and all the moments there are to go to. Null: not asked for.
 * `written`: how far its journal is known to be written.
 */
export function usePast(id: ExecutionId, seq: number | null, written: number): Past {
  const queries = useQueryClient();
  const key = ['moments', id];
  const moments = useQuery({
    queryKey: key,
    // Only what came since: a journal is never changed.
    queryFn: async () => {
      const known = queries.getQueryData<readonly Moment[]>(key) ?? NONE;
      return [...known, ...(await listMoments(id, known.at(-1)?.seq ?? 0))];
    },
    enabled: seq !== null,
    staleTime: Infinity,
  });
  const { isSuccess, refetch } = moments;
  const isBehind = seq !== null && isSuccess && (moments.data.at(-1)?.seq ?? 0) < written;
  useEffect(() => {
    if (!isBehind) return;
    const timer = setInterval(() => void refetch(), CATCH_UP_MS);
    return () => clearInterval(timer);
  }, [isBehind, refetch]);
  const view = useQuery({
    queryKey: ['execution', id, 'at', seq],
    queryFn: () => getExecutionAt(id, seq ?? 1),
    enabled: seq !== null,
    staleTime: Infinity,
    // While the slider moves, what was shown stays.
    placeholderData: keepPreviousData,
  });
  const slices = useMemo(() => slicesOf(moments.data ?? NONE), [moments.data]);
  const state = useMemo(() => (view.data === undefined ? null : applyView(null, view.data)), [view.data]);
  return { slices, state: seq === null ? null : state, error: moments.error ?? view.error };
}
