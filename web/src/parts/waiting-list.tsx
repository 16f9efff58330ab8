import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { listWaiting, type WaitingExecution } from '../api/people.ts';
import { executionPath, Link } from '../router.tsx';
import { waitingTitle, whoText } from '../state/waiting-text.ts';
import { TimeLeft } from './elapsed.tsx';
import { PersonIcon } from './person-icon.tsx';

const LOOK_AGAIN_MS = 5_000;

/** Asked apart from the list: what waits may have begun long before what the list shows. */
export function useWaiting(): readonly WaitingExecution[] {
  const { data } = useQuery({ queryKey: ['waiting'], queryFn: listWaiting, refetchInterval: LOOK_AGAIN_MS });
  return data?.waiting ?? [];
}

/** Above the list: what goes on only when somebody answers. */
export function WaitingList({ waiting }: { readonly waiting: readonly WaitingExecution[] }): ReactNode {
  if (waiting.length === 0) return null;
  return (
    <section className="notices" aria-label="Waits for a person">
      <div className="notice tone-waiting">
        <PersonIcon />
        <div>
          <p className="notice-title">
            {waiting.length === 1 ? '1 answer is waited for' : `${waiting.length} answers are waited for`}
          </p>
          <ul className="waiting-list">
            {waiting.map(({ executionId, name, application, waiting: each }) => (
              <li key={each.id}>
                <Link to={executionPath(executionId)}>
                  {waitingTitle(each)} of {name}
                </Link>{' '}
                <span className="quiet">({application})</span> by {whoText(each)}
                <TimeLeft until={each.until} />
              </li>
            ))}
          </ul>
        </div>
      </div>
    </section>
  );
}
