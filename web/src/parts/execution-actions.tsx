import type { ExecutionHeader } from '@fairlead/proto/live.ts';
import { isTerminal } from '@fairlead/proto/model/status.ts';
import { type ReactNode, useState } from 'react';
import { abortExecution, pauseExecution, rollBackExecution } from '../api/executions.ts';
import { useIsPast } from '../browser/moment.ts';
import { executionPath, navigate } from '../router.tsx';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { ResumeButton } from './resume-button.tsx';

/** All but resuming ask first and take a reason. */
export function ExecutionActions({ header }: { readonly header: ExecutionHeader }): ReactNode {
  const [asking, setAsking] = useState<'abort' | 'rollback' | 'pause' | null>(null);
  const ended = isTerminal(header.status);
  const restores = header.artifacts.filter((each) => each.previous !== null);
  const close = (): void => setAsking(null);
  if (useIsPast()) return null;
  return (
    <>
      {isPaused(header) && <ResumeButton executionId={header.executionId} />}
      {mayPause(header) && (
        <button type="button" className="button" onClick={() => setAsking('pause')}>
          Pause…
        </button>
      )}
      {!ended && (
        <button
          type="button"
          className="button danger-quiet"
          disabled={header.status === 'ABORTING'}
          onClick={() => setAsking('abort')}
        >
          Abort…
        </button>
      )}
      {mayRollBack(header) && (
        <button
          type="button"
          className="button"
          disabled={header.status === 'ABORTING'}
          onClick={() => setAsking('rollback')}
        >
          Roll back…
        </button>
      )}
      {asking === 'pause' && (
        <ConfirmDialog
          title={`Pause ${header.name}?`}
          action="Pause"
          defaultReason="Paused on the page"
          confirm={async (reason) => void (await pauseExecution(header.executionId, reason))}
          close={close}
        >
          <p>What runs goes on to its end, and nothing more is started until somebody resumes it.</p>
        </ConfirmDialog>
      )}
      {asking === 'abort' && (
        <ConfirmDialog
          title={`Abort ${header.name}?`}
          action="Abort"
          danger
          defaultReason="Aborted on the page"
          confirm={async (reason) => void (await abortExecution(header.executionId, reason))}
          close={close}
        >
          <p>Work in progress is stopped at its targets and nothing more is started. Nothing is rolled back.</p>
        </ConfirmDialog>
      )}
      {asking === 'rollback' && (
        <ConfirmDialog
          title={`Roll back ${header.name}?`}
          action="Roll back"
          defaultReason="Rolled back on the page"
          confirm={async (reason) => {
            const started = await rollBackExecution(header.executionId, reason);
            navigate(executionPath(started.executionId));
          }}
          close={close}
        >
          <p>
            {ended
              ? 'A new execution puts back what this one replaced:'
              : 'The rest is not started, and what was changed so far is put back:'}
          </p>
          <ul className="restores">
            {restores.map((each) => (
              <li key={each.service}>
                {each.service} <s>{each.build}</s> → <strong>{each.previous}</strong>
              </li>
            ))}
            {restores.length === 0 && <li>the release before this one, where there is one</li>}
          </ul>
        </ConfirmDialog>
      )}
    </>
  );
}

const isPaused = ({ status }: ExecutionHeader): boolean => status === 'PAUSING' || status === 'PAUSED';

const mayPause = ({ status }: ExecutionHeader): boolean =>
  status === 'RUNNING' || status === 'WAITING' || status === 'QUEUED';

/** What still runs and is not on its way back already; of what has ended, a success that replaced something. */
const mayRollBack = ({ status, rollback, artifacts }: ExecutionHeader): boolean =>
  isTerminal(status) ? status === 'SUCCESS' && artifacts.some((each) => each.previous !== null) : rollback === null;
