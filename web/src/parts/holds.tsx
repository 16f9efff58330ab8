import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { type Hold, liftHold, listHolds } from '../api/executions.ts';
import { executionPath, Link } from '../router.tsx';
import { Ago } from './elapsed.tsx';
import { ToneIcon } from './status-icon.tsx';

const LOOK_AGAIN_MS = 10_000;
const KEY = ['holds'];

/** What rollbacks took back. Nothing is shown where there is nothing. */
export function Holds(): ReactNode {
  const { data } = useQuery({ queryKey: KEY, queryFn: listHolds, refetchInterval: LOOK_AGAIN_MS });
  if (data === undefined || data.holds.length === 0) return null;
  return (
    <section className="notices" aria-label="Holds">
      {data.holds.map((hold) => (
        <HoldNotice key={hold.id} hold={hold} />
      ))}
    </section>
  );
}

function HoldNotice({ hold }: { readonly hold: Hold }): ReactNode {
  const queries = useQueryClient();
  const [problem, setProblem] = useState<string | null>(null);
  const lift = (): void => {
    liftHold(hold.id)
      .then(() => queries.invalidateQueries({ queryKey: KEY }))
      .catch((error: unknown) => setProblem(error instanceof Error ? error.message : String(error)));
  };
  const place = [hold.environment, hold.infrastructure].filter((each) => each !== null).join('/');
  return (
    <div className="notice tone-waiting">
      <ToneIcon tone="waiting" size={18} still />
      <div>
        <p className="notice-title">
          On hold: no trigger deploys {hold.service ?? hold.workflow} to {place} with {hold.workflow}
        </p>
        <p>
          <Link to={executionPath(hold.executionId)}>Rolled back</Link> <Ago at={hold.at} /> by{' '}
          <strong>{hold.actor ?? 'a failure'}</strong>
          {hold.reason !== '' && `: ${hold.reason}`}{' '}
          <button type="button" className="link" onClick={lift}>
            Lift the hold
          </button>
        </p>
        {problem !== null && <p role="alert">{problem}</p>}
      </div>
    </div>
  );
}
