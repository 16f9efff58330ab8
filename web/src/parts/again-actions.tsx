import type { ExecutionHeader } from '@fairlead/proto/live.ts';
import { isFailed, isTerminal } from '@fairlead/proto/model/status.ts';
import { type ReactNode, useState } from 'react';
import { rerun, resumePipeline } from '../api/executions.ts';
import { newKey } from '../api/idempotency-key.ts';
import { useIsPast } from '../browser/moment.ts';
import { executionPath, navigate } from '../router.tsx';
import { resumableStages } from '../state/stage-look.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';

/** What can follow an execution that has ended: the same once more, or the rest of a pipeline that did not succeed. */
export function AgainActions({ header }: { readonly header: ExecutionHeader }): ReactNode {
  const [asking, setAsking] = useState<'rerun' | 'resume' | null>(null);
  // One for each time it is asked: what is confirmed twice, or again after no answer came, starts once.
  const [key, setKey] = useState('');
  const stages = resumableStages(header.stages);
  const [stage, setStage] = useState<string | null>(null);
  const isPast = useIsPast();
  const open = (what: 'rerun' | 'resume'): void => {
    setKey(newKey());
    setAsking(what);
  };
  const close = (): void => setAsking(null);
  const choose = (name: string): void => {
    setStage(name);
    // From another stage is something else.
    setKey(newKey());
  };
  if (isPast || !isTerminal(header.status)) return null;
  const chosen = stage ?? stages.first ?? '';
  return (
    <>
      {isFailed(header.status) && stages.names.length > 0 && (
        <button type="button" className="button primary" onClick={() => open('resume')}>
          Go on…
        </button>
      )}
      <button type="button" className="button" onClick={() => open('rerun')}>
        Run again…
      </button>
      {asking === 'rerun' && (
        <ConfirmDialog
          title={`Run ${header.name} again?`}
          action="Run again"
          defaultReason={null}
          confirm={async () => navigate(executionPath((await rerun(header.executionId, key)).executionId))}
          close={close}
        >
          <p>A new execution does the same once more: same inputs, same builds, same answers.</p>
        </ConfirmDialog>
      )}
      {asking === 'resume' && (
        <ConfirmDialog
          title={`Go on with ${header.name}?`}
          action="Go on"
          defaultReason={null}
          confirm={async () =>
            navigate(executionPath((await resumePipeline(header.executionId, chosen, key)).executionId))
          }
          close={close}
        >
          <p>A new execution takes the stages before this one over, and runs it and what comes after it:</p>
          <label>
            Stage
            <select value={chosen} onChange={(event) => choose(event.target.value)}>
              {stages.names.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
        </ConfirmDialog>
      )}
    </>
  );
}
