import type { NodeView } from '@fairlead/proto/live.ts';
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import { type ReactNode, useState } from 'react';
import { intervene } from '../api/executions.ts';
import { useIsPast } from '../browser/moment.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';

interface Choice {
  readonly label: string;
  /** What follows. */
  readonly text: string;
  readonly danger?: boolean;
}

const CHOICES: Readonly<Record<string, Choice>> = {
  RETRY: { label: 'Retry', text: 'The step runs again where it failed.' },
  IGNORE: { label: 'Ignore', text: 'The failure is disregarded, and the execution goes on after the step.' },
  MARK_SUCCESS: { label: 'Mark as success', text: 'The step counts as a success; outputs of it may be missing.' },
  END_EXECUTION: {
    label: 'End execution',
    text: 'It ends as failed, and what was deployed is rolled back. Under a rollback only this step stays failed.',
    danger: true,
  },
  ABORT: { label: 'Abort', text: 'It stops where it is. Nothing is rolled back.', danger: true },
  ROLLBACK_WORKFLOW: { label: 'Roll back', text: 'All that was deployed is put back.', danger: true },
  ROLLBACK_PROVISIONER_AFTER_PHASES: {
    label: 'Roll back, provisioners last',
    text: 'All that was deployed is put back, and after it what was provisioned.',
    danger: true,
  },
};

interface InterventionPanelProps {
  readonly executionId: ExecutionId;
  readonly step: NodeView;
}

/** A failed step that waits for a person: why, until when, and what may be decided. */
export function InterventionPanel({ executionId, step }: InterventionPanelProps): ReactNode {
  const [asking, setAsking] = useState<string | null>(null);
  const { choices = [], until } = step;
  const chosen = asking === null ? undefined : CHOICES[asking];
  const isPast = useIsPast();
  if (isPast || choices.length === 0) return null;
  return (
    <section className="intervention" aria-label="Decision">
      <p>
        <strong>It waits for you to decide.</strong>
        {until !== undefined && (
          <> If nobody does, what is set for that follows at {new Date(until).toLocaleString()}.</>
        )}
      </p>
      <div className="intervention-choices">
        {choices.map((action) => (
          <button
            key={action}
            type="button"
            className={`button ${CHOICES[action]?.danger === true ? 'danger-quiet' : ''}`}
            data-action={action}
            onClick={() => setAsking(action)}
          >
            {CHOICES[action]?.label ?? action}…
          </button>
        ))}
      </div>
      {asking !== null && (
        <ConfirmDialog
          title={`${chosen?.label ?? asking}: ${step.name}?`}
          action={chosen?.label ?? asking}
          danger={chosen?.danger === true}
          defaultReason="Decided on the page"
          confirm={async (reason) => void (await intervene(executionId, step.id, asking, reason))}
          close={() => setAsking(null)}
        >
          <p>{chosen?.text ?? 'This is done at once.'}</p>
        </ConfirmDialog>
      )}
    </section>
  );
}
