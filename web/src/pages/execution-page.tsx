import { FAILURES } from '@fairlead/proto/model/failure.ts';
import type { ExecutionId, NodeId } from '@fairlead/proto/model/ids.ts';
import { type ReactNode, useCallback, useEffect, useRef } from 'react';
import { MomentContext } from '../browser/moment.ts';
import { usePageMark } from '../browser/page-mark.ts';
import { useExecution } from '../live/use-execution.ts';
import { usePast } from '../live/use-past.ts';
import { ExecutionHead } from '../parts/execution-header.tsx';
import { ExecutionTree } from '../parts/execution-tree.tsx';
import { Inspector } from '../parts/inspector.tsx';
import { ErrorMessage, Message } from '../parts/message.tsx';
import { MomentBar } from '../parts/moment-bar.tsx';
import { Notices } from '../parts/notices.tsx';
import { Pipeline } from '../parts/pipeline.tsx';
import { PeoplePanel } from '../parts/people-panel.tsx';
import { executionPath, navigate, setQuery } from '../router.tsx';
import { focusOf } from '../state/focus.ts';
import { indexOfSeq } from '../state/slices.ts';
import { labelOf, toneOf } from '../state/status-look.ts';

interface ExecutionPageProps {
  readonly executionId: ExecutionId;
  readonly query: URLSearchParams;
}

export function ExecutionPage({ executionId, query }: ExecutionPageProps): ReactNode {
  const now = useExecution(executionId);
  const at = seqIn(query);
  const past = usePast(executionId, at, now.state?.seq ?? 0);
  const state = at === null ? now.state : past.state;
  const error = at === null ? now.error : (past.error ?? now.error);
  const header = state?.header ?? null;
  usePageMark(
    header === null ? 'Fairlead' : `${labelOf(header.status)} · ${header.name} · Fairlead`,
    header === null ? null : toneOf(header.status),
  );

  // A short id, or `last`: the address becomes the one that stays true.
  const fullId = header?.executionId ?? executionId;
  useEffect(() => {
    if (fullId !== executionId) navigate(executionPath(fullId) + window.location.search, true);
  }, [fullId, executionId]);

  const select = useCallback((node: NodeId) => setQuery({ node }), []);
  const followAutomatically = useCallback(() => setQuery({ node: null }), []);
  const automatic = useRef<NodeId | null>(null);

  if (state === null || header === null) {
    if (error instanceof Error) return <ErrorMessage error={error} />;
    if (error !== null) {
      return (
        <Message title={error.message}>
          <p>{FAILURES[error.code].help}</p>
        </Message>
      );
    }
    return <p className="loading">Loading the execution…</p>;
  }

  const chosen = query.get('node');
  const known = chosen !== null && state.nodes.has(chosen) ? chosen : null;
  const chosenRun = query.get('run');
  const run = header.stages.some(({ runs }) => runs.some(({ id }) => id === chosenRun)) ? chosenRun : null;
  if (known === null) automatic.current = focusOf(state, automatic.current, run);
  const selected = known ?? automatic.current;
  const node = selected === null ? null : (state.nodes.get(selected) ?? null);
  // The tree ends at the hosts: an attempt is marked there.
  const marked = node?.kind === 'attempt' ? node.parent : selected;
  const moment = at === null ? null : (past.slices[indexOfSeq(past.slices, state.seq)]?.at ?? header.startedAt);
  return (
    <MomentContext value={moment}>
      <div className="execution">
        <div className="execution-top">
          <ExecutionHead header={header} seq={state.seq} />
          {at !== null && <MomentBar slices={past.slices} seq={at} startedAt={header.startedAt} />}
          <PeoplePanel header={header} select={select} />
          <Notices state={state} select={select} />
        </div>
        <div className="panes">
          <div className="pane-left">
            <Pipeline header={header} chosen={run} />
            <ExecutionTree state={state} run={run} selected={marked} automatic={known === null} select={select} />
          </div>
          <Inspector
            state={state}
            node={node}
            automatic={known === null}
            select={select}
            followAutomatically={followAutomatically}
          />
        </div>
      </div>
    </MomentContext>
  );
}

/** `at=12`: the sequence of the journal that is looked at; null: now. */
function seqIn(query: URLSearchParams): number | null {
  const at = query.get('at') ?? '';
  return /^[1-9]\d{0,8}$/.test(at) ? Number(at) : null;
}
