import type { ExecutionHeader, ExecutionListRow } from '@fairlead/proto/live.ts';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { listAlike } from '../api/history.ts';
import { diffPath, Link } from '../router.tsx';
import { summaryOf } from '../state/list-rows.ts';
import { refusalOf } from '../state/refusal.ts';
import { Dialog } from './dialog.tsx';
import { Ago } from './elapsed.tsx';
import { RefusalNote } from './refusal-note.tsx';
import { StatusLabel } from './status-icon.tsx';

interface CompareDialogProps {
  readonly header: ExecutionHeader;
  readonly close: () => void;
}

/** Which one to stand beside it: others of the same workflow or pipeline, newest first. */
export function CompareDialog({ header, close }: CompareDialogProps): ReactNode {
  const { application, name, executionId } = header;
  const { data, error, isPending } = useQuery({
    queryKey: ['alike', application, name],
    queryFn: () => listAlike(application, name),
  });
  const others = (data?.rows ?? []).filter((row) => row.executionId !== executionId);
  return (
    <Dialog title={`Compare ${name} with`} close={close}>
      {isPending && <p className="quiet">Loading the others…</p>}
      {error !== null && <RefusalNote refusal={refusalOf(error)} />}
      {data !== undefined && others.length === 0 && <p>There is no other execution of {name}.</p>}
      <ul className="alike">
        {others.map((row) => (
          <li key={row.executionId}>
            <Link to={diffPath(row.executionId, executionId)}>
              <Ago at={row.startedAt} /> by {row.actor}
              {buildsOf(row)}
            </Link>{' '}
            <StatusLabel status={row.status} />
          </li>
        ))}
      </ul>
      <div className="dialog-actions">
        <button type="button" className="button" onClick={close}>
          Cancel
        </button>
      </div>
    </Dialog>
  );
}

const buildsOf = (row: ExecutionListRow): string => {
  const { artifacts } = summaryOf(row.summary);
  return artifacts.length === 0 ? '' : `, ${artifacts.map((each) => `${each.service} ${each.build}`).join(', ')}`;
};
