import type { NodeView } from '@fairlead/proto/live.ts';
import { FAILURES } from '@fairlead/proto/model/failure.ts';
import type { Json } from '@fairlead/proto/model/json.ts';
import { type ReactNode, useState } from 'react';
import { resolveUnknown } from '../api/executions.ts';
import { useIsPast } from '../browser/moment.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';

interface NodeFactsProps {
  readonly node: NodeView;
  /** The first cause stands at the top of the page already. */
  readonly toldAbove: string | null;
}

/** Why it failed or waits, what it gave, and the question only a person can answer. */
export function NodeFacts({ node, toldAbove }: NodeFactsProps): ReactNode {
  const isPast = useIsPast();
  const outputs = Object.entries(node.outputs ?? {});
  const details = Object.entries(node.failure?.details ?? {});
  return (
    <div className="facts">
      {node.failure !== null && (
        <div className="fact-failure">
          {node.failure.message === toldAbove ? (
            <p>The first cause, told above.</p>
          ) : (
            <>
              <p>
                <strong>{node.failure.message}</strong> <code className="code">{node.failure.code}</code>
              </p>
              <p className="quiet">{FAILURES[node.failure.code].help}</p>
            </>
          )}
          {details.length > 0 && (
            <p className="quiet">{details.map(([name, value]) => `${name}: ${String(value)}`).join(' · ')}</p>
          )}
        </div>
      )}
      {node.note !== null && node.note !== node.failure?.message && <p className="fact-note">{node.note}</p>}
      {node.status === 'UNKNOWN' && !isPast && node.attemptId !== null && <Resolve attemptId={node.attemptId} />}
      {outputs.length > 0 && (
        <dl className="outputs" aria-label="Outputs">
          {outputs.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{textOf(value)}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}

const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));

function Resolve({ attemptId }: { readonly attemptId: string }): ReactNode {
  const [outcome, setOutcome] = useState<'SUCCESS' | 'FAILED' | null>(null);
  return (
    <div className="fact-failure">
      <p>Nobody can find out whether this work ended well. Look at the target, then say what happened.</p>
      <p>
        <button type="button" className="button" onClick={() => setOutcome('SUCCESS')}>
          It succeeded…
        </button>{' '}
        <button type="button" className="button" onClick={() => setOutcome('FAILED')}>
          It failed…
        </button>
      </p>
      {outcome !== null && (
        <ConfirmDialog
          title={outcome === 'SUCCESS' ? 'It succeeded?' : 'It failed?'}
          action={outcome === 'SUCCESS' ? 'It succeeded' : 'It failed'}
          defaultReason="Said on the page"
          confirm={async (note) => void (await resolveUnknown(attemptId, outcome, note))}
          close={() => setOutcome(null)}
        >
          <p>The execution goes on from what you say. Be sure that the work is not still running at the target.</p>
        </ConfirmDialog>
      )}
    </div>
  );
}
