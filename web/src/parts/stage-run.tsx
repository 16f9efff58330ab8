import type { ExecutionHeader, StageRunView } from '@fairlead/proto/live.ts';
import { isFailed } from '@fairlead/proto/model/status.ts';
import type { ReactNode } from 'react';
import { Link, queuePath, setQuery } from '../router.tsx';
import { wasReached } from '../state/stage-look.ts';
import { labelOf, toneOf } from '../state/status-look.ts';
import { Elapsed, TimeLeft } from './elapsed.tsx';
import { RunActions } from './run-actions.tsx';
import { ToneIcon } from './status-icon.tsx';

interface StageRunProps {
  readonly header: ExecutionHeader;
  readonly run: StageRunView;
  readonly chosen: boolean;
}

/** One run of a stage: chosen, the tree shows it alone. */
export function StageRun({ header, run, chosen }: StageRunProps): ReactNode {
  const status = wasReached(run) ? run.status : null;
  const tone = toneOf(status);
  return (
    <li className={`stage-run tone-${tone}`} data-run={run.id} data-status={status ?? 'NONE'}>
      <button
        type="button"
        className="stage-run-head"
        aria-pressed={chosen}
        onClick={() => setQuery({ run: chosen ? null : run.id, node: null })}
      >
        <ToneIcon tone={tone} size={15} />
        <span className="stage-name">{run.name}</span>
        <span className="row-status">{labelOf(status)}</span>
        <Elapsed startedAt={run.startedAt} endedAt={run.endedAt} />
      </button>
      {run.takenOver && <p className="quiet">taken over from the execution before</p>}
      {run.note !== null && (
        <p className={isFailed(run.status) ? 'stage-note failed' : 'stage-note'}>
          {run.note}
          {run.until !== null && <TimeLeft until={run.until} />}{' '}
          {run.status === 'QUEUED' && <Link to={queuePath(header.executionId)}>Show the queue</Link>}
        </p>
      )}
      <RunActions header={header} run={run} />
    </li>
  );
}
