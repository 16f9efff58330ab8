import type { Failure } from '@fairlead/proto/model/failure.ts';
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { getExecution } from '../api/executions.ts';
import { applyExecutionFrame, applyView, type ExecutionState } from '../state/execution-state.ts';
import { useConnected, useLive } from './live-context.tsx';

const POLL_MS = 3_000;

interface Loaded {
  readonly id: ExecutionId;
  readonly state: ExecutionState | null;
  readonly error: Failure | Error | null;
}

/** The execution, live; while there is no socket it is asked for every few seconds instead. */
export function useExecution(id: ExecutionId): Loaded {
  const live = useLive();
  const socketAway = !useConnected();
  const [loaded, setLoaded] = useState<Loaded>({ id, state: null, error: null });
  const state = useRef<ExecutionState | null>(null);

  // Also the first answer: it knows short ids, and says clearly why there is nothing to show.
  const { data: polled, error } = useQuery({
    queryKey: ['execution', id],
    queryFn: () => getExecution(id),
    enabled: socketAway || loaded.state === null,
    refetchInterval: socketAway ? POLL_MS : false,
  });
  useEffect(() => {
    state.current = null;
    setLoaded({ id, state: null, error: null });
  }, [id]);
  useEffect(() => {
    if (polled === undefined) return;
    state.current = applyView(state.current, polled);
    setLoaded({ id, state: state.current, error: null });
  }, [polled, id]);

  // Many hosts are megabytes: from here on only what changes is sent. Without an answer the socket tells all of it.
  const isAnswered = polled !== undefined || error !== null;
  useEffect(() => {
    if (!isAnswered) return;
    return live.add({
      open: () => ({
        type: 'subscribe',
        feed: 'execution',
        executionId: id,
        ...(state.current === null ? {} : { after: state.current.seq }),
      }),
      receive(frames, again) {
        let next = state.current;
        let lost = false;
        for (const frame of frames) {
          if ('error' in frame) {
            setLoaded({ id, state: next, error: frame.error });
          } else if (frame.feed === 'execution') {
            const applied = applyExecutionFrame(next, frame);
            lost ||= applied.state === null;
            next = applied.state;
          }
        }
        if (next !== state.current) {
          state.current = next;
          if (next !== null) setLoaded({ id, state: next, error: null });
        }
        if (lost) again();
      },
    });
  }, [live, id, isAnswered]);

  const current = loaded.id === id ? loaded : { id, state: null, error: null };
  return error !== null && current.state === null ? { ...current, error } : current;
}
