import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { type Deployment, listDeployments } from '../api/instances.ts';
import { executionPath, Link, setQuery } from '../router.tsx';
import { Ago } from './elapsed.tsx';
import { ErrorMessage } from './message.tsx';

const DONE = {
  DEPLOYED: 'deployed',
  ROLLED_BACK: 'rolled back to',
  REMOVED: 'removed',
  BROKE_OFF: 'broke off deploying',
  SWAPPED_IN: 'gave the traffic to',
  SWAPPED_OUT: 'took the traffic from',
} as const satisfies Record<Deployment['action'], string>;

/** What was deployed to one host and rolled back there, newest first. */
export function HostHistory({ host }: { readonly host: string }): ReactNode {
  const { data, error } = useQuery({ queryKey: ['deployments', host], queryFn: () => listDeployments(host) });
  return (
    <section className="group" aria-label={`History of ${host}`}>
      <h2>
        {host} <span className="head-environment">history</span>{' '}
        <button type="button" className="link" onClick={() => setQuery({ host: null })}>
          close
        </button>
      </h2>
      {error !== null && <ErrorMessage error={error} />}
      <ul className="history">
        {(data ?? []).map((each) => (
          <li key={`${each.id} ${each.at} ${each.executionId}`}>
            {each.service} in {each.environment}/{each.infrastructure}: {DONE[each.action]} build {each.build},{' '}
            <Ago at={each.at} /> by <Link to={executionPath(each.executionId)}>this execution</Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
