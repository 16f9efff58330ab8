import type { ExecutionHeader, StageRunView } from '@fairlead/proto/live.ts';
import { type ReactNode, useState } from 'react';
import { abortExecution, rollBackExecution } from '../api/executions.ts';
import { useIsPast } from '../browser/moment.ts';
import { isActive } from '../state/status-look.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';

interface RunActionsProps {
  readonly header: ExecutionHeader;
  readonly run: StageRunView;
}

/** What can be asked of one run alone, beside the same for all of the pipeline above. */
export function RunActions({ header, run }: RunActionsProps): ReactNode {
  const [asking, setAsking] = useState<'abort' | 'rollback' | null>(null);
  const close = (): void => setAsking(null);
  const { executionId } = header;
  const others = header.stages.some(({ runs }) => runs.some((each) => each.id !== run.id && isActive(each.status)));
  // The only one that is left is all of it: that stands above.
  const isPast = useIsPast();
  if (isPast || !isActive(run.status) || !others || isOnItsWayBack(run)) return null;
  return (
    <div className="stage-actions">
      <button type="button" className="mini" aria-label={`Abort ${run.name}…`} onClick={() => setAsking('abort')}>
        Abort…
      </button>
      {run.startedAt !== null && !run.isApproval && (
        <button
          type="button"
          className="mini"
          aria-label={`Roll back ${run.name}…`}
          onClick={() => setAsking('rollback')}
        >
          Roll back…
        </button>
      )}
      {asking === 'abort' && (
        <ConfirmDialog
          title={`Abort ${run.name} alone?`}
          action="Abort"
          danger
          defaultReason="Aborted on the page"
          confirm={async (reason) => void (await abortExecution(executionId, reason, run.id))}
          close={close}
        >
          <p>Its work is stopped and nothing of it is rolled back. Runs beside it go on; no later stage begins.</p>
        </ConfirmDialog>
      )}
      {asking === 'rollback' && (
        <ConfirmDialog
          title={`Roll back ${run.name} alone?`}
          action="Roll back"
          defaultReason="Rolled back on the page"
          confirm={async (reason) => void (await rollBackExecution(executionId, reason, run.id))}
          close={close}
        >
          <p>What it changed so far is put back. Runs beside it go on; no later stage begins.</p>
        </ConfirmDialog>
      )}
    </div>
  );
}

const isOnItsWayBack = ({ status }: StageRunView): boolean => status === 'ABORTING' || status === 'ROLLING_BACK';
