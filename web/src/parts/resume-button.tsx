import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import { type ReactNode, useState } from 'react';
import { resumeExecution } from '../api/executions.ts';

/** Goes on at once; what went wrong with that is told beside it. */
export function ResumeButton({ executionId }: { readonly executionId: ExecutionId }): ReactNode {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const resume = (): void => {
    setBusy(true);
    setError(null);
    resumeExecution(executionId)
      .catch((problem: unknown) => setError(problem instanceof Error ? problem.message : String(problem)))
      .finally(() => setBusy(false));
  };
  return (
    <>
      {error !== null && (
        <span className="dialog-error" role="alert">
          {error}
        </span>
      )}
      <button type="button" className="button primary" disabled={busy} onClick={resume}>
        Resume
      </button>
    </>
  );
}
