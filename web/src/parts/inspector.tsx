import type { NodeView } from '@fairlead/proto/live.ts';
import type { NodeId } from '@fairlead/proto/model/ids.ts';
import { type ReactNode, useMemo, useState } from 'react';
import { childrenOf, type ExecutionState, pathOf } from '../state/execution-state.ts';
import { runsAtHosts } from '../state/execution-tree.ts';
import { logsOf } from '../state/focus.ts';
import { isActive, labelOf } from '../state/status-look.ts';
import { Elapsed } from './elapsed.tsx';
import { HostList } from './host-list.tsx';
import { InterventionPanel } from './intervention-panel.tsx';
import { LogView } from './log-view.tsx';
import { NodeFacts } from './node-facts.tsx';
import { StatusLabel } from './status-icon.tsx';

interface InspectorProps {
  readonly state: ExecutionState;
  readonly node: NodeView | null;
  /** Nobody has chosen: the page shows what matters now. */
  readonly automatic: boolean;
  readonly select: (node: NodeId) => void;
  readonly followAutomatically: () => void;
}

/** Beside the tree: the chosen step or host, and its log. */
export function Inspector({ state, node, automatic, select, followAutomatically }: InspectorProps): ReactNode {
  if (node === null) {
    return (
      <aside className="inspector" aria-label="Details">
        <p className="quiet pad">
          {isActive(state.header.status)
            ? 'No step has started yet. The log of the first one will appear here.'
            : 'No step was started.'}
        </p>
      </aside>
    );
  }
  const shown = node.kind === 'attempt' ? (state.nodes.get(node.parent ?? '') ?? node) : node;
  const above = pathOf(state, shown.id).slice(0, -1);
  const step = above.find((each) => each.kind === 'step');
  return (
    <aside className="inspector" aria-label="Details" data-inspected={shown.id}>
      <header className="inspector-head">
        <p className="crumbs">
          {above
            .filter((each) => each.kind !== 'run' && each.kind !== 'step')
            .map((each) => each.name)
            .join(' › ')}
          {automatic ? (
            <span className="auto">following the work</span>
          ) : (
            <button type="button" className="link auto" onClick={followAutomatically}>
              Follow the work
            </button>
          )}
        </p>
        <h2>
          {step === undefined || !runsAtHosts(childrenOf(state, step.id)) ? (
            (step ?? shown).name
          ) : (
            <>
              <button type="button" className="link" onClick={() => select(step.id)} title="All hosts of this step">
                {step.name}
              </button>{' '}
              <span className="on-host">on {shown.target ?? shown.name}</span>
            </>
          )}
        </h2>
        <p className="inspector-facts">
          <StatusLabel status={shown.status} />
          <Elapsed startedAt={shown.startedAt} endedAt={shown.endedAt} />
          {shown.agent !== null && <span>by agent {shown.agent}</span>}
        </p>
      </header>
      <InterventionPanel executionId={state.header.executionId} step={step ?? shown} />
      <Body key={shown.id} state={state} node={shown} chosen={node} select={select} />
    </aside>
  );
}

interface BodyProps {
  readonly state: ExecutionState;
  readonly node: NodeView;
  readonly chosen: NodeView;
  readonly select: (node: NodeId) => void;
}

function Body({ state, node, chosen, select }: BodyProps): ReactNode {
  const toldAbove = state.header.failure?.message ?? null;
  const tasks = useMemo(() => (node.kind === 'step' ? childrenOf(state, node.id) : []), [state, node]);
  const [attempt, setAttempt] = useState<string | null>(
    chosen.kind === 'attempt' ? (chosen.attemptId ?? chosen.id) : null,
  );
  if (node.kind === 'step' && runsAtHosts(tasks)) {
    return (
      <>
        <NodeFacts node={node} toldAbove={toldAbove} />
        <HostList tasks={tasks} select={select} />
      </>
    );
  }
  const logs = logsOf(state, node);
  const log = logs.find((each) => each.attemptId === attempt) ?? logs.at(-1);
  // A task says what its attempts say; what only the attempt knows must not be lost.
  const facts = log === undefined ? node : { ...log.node, outputs: node.outputs ?? log.node.outputs };
  return (
    <>
      <NodeFacts
        node={{ ...facts, failure: facts.failure ?? node.failure, note: facts.note ?? node.note }}
        toldAbove={toldAbove}
      />
      {logs.length > 1 && (
        <div className="attempts" role="group" aria-label="Attempts">
          {logs.map((each, index) => (
            <button
              key={each.attemptId}
              type="button"
              className="chip"
              aria-pressed={each === log}
              title={labelOf(each.node.status)}
              onClick={() => setAttempt(each.attemptId)}
            >
              Attempt {index + 1} · {labelOf(each.node.status)}
            </button>
          ))}
        </div>
      )}
      {log === undefined ? (
        <p className="quiet pad">{emptyText(node)}</p>
      ) : (
        <LogView key={log.attemptId} attemptId={log.attemptId} running={isActive(log.node.status)} />
      )}
    </>
  );
}

function emptyText(node: NodeView): string {
  if (node.status === null) return 'Not started.';
  return isActive(node.status) ? 'No agent has begun this yet.' : 'This wrote no log: it was decided without an agent.';
}
