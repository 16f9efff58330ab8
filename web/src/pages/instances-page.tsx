import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import { listInstances } from '../api/instances.ts';
import { usePageMark } from '../browser/page-mark.ts';
import { Ago } from '../parts/elapsed.tsx';
import { HostHistory } from '../parts/host-history.tsx';
import { ErrorMessage, Message } from '../parts/message.tsx';
import { executionPath, Link, setQuery } from '../router.tsx';
import { groupInstances, type InstanceGroup } from '../state/instance-groups.ts';

const REFRESH_MS = 5_000;

export function InstancesPage({ query }: { readonly query: URLSearchParams }): ReactNode {
  usePageMark('What runs where · Fairlead', null);
  const { data, error, isPending } = useQuery({
    queryKey: ['instances'],
    queryFn: listInstances,
    refetchInterval: REFRESH_MS,
  });
  const text = query.get('find') ?? '';
  const groups = useMemo(() => groupInstances(data ?? [], text), [data, text]);
  if (isPending) return <p className="loading">Loading what runs where…</p>;
  if (error !== null && data === undefined) return <ErrorMessage error={error} />;
  return (
    <div className="list-page">
      <div className="list-head">
        <h1>What runs where</h1>
        <input
          type="search"
          className="find"
          placeholder="Find by service, host, build"
          aria-label="Find instances"
          value={text}
          onChange={(event) => setQuery({ find: event.target.value })}
        />
      </div>
      {groups.length === 0 ? (
        <Message title={text === '' ? 'Nothing runs anywhere yet' : 'Nothing matches'}>
          {text === '' && <p>After the first successful deployment every host is listed here with its build.</p>}
        </Message>
      ) : (
        <div className="groups">
          {query.get('host') !== null && <HostHistory host={query.get('host') ?? ''} />}
          {groups.map((group) => (
            <Group key={group.key} group={group} />
          ))}
        </div>
      )}
    </div>
  );
}

function Group({ group }: { readonly group: InstanceGroup }): ReactNode {
  return (
    <section className="group" aria-label={`${group.service} in ${group.environment}`}>
      <h2>
        {group.service} <span className="head-environment">in {group.environment}</span>
        <span className="quiet"> · {group.application}</span>
        {group.builds.length > 1 && <span className="group-mixed">{group.builds.length} different builds</span>}
      </h2>
      {group.builds.map((build) => (
        <div key={build.build} className="group-build">
          <p className="group-title">
            <span className="artifact">
              build <strong>{build.build}</strong>
            </span>
            <span>
              {build.hosts.length} {build.hosts.length === 1 ? 'host' : 'hosts'}
            </span>
            <span className="quiet">
              {build.byOthers ? 'last deployed' : 'since'} <Ago at={build.at} /> by{' '}
              <Link to={executionPath(build.executionId)}>this execution</Link>
            </span>
          </p>
          <ul className="group-hosts">
            {build.hosts.map((host) => (
              <li
                key={host.id}
                title={host.note ?? host.infrastructure}
                className={host.state === 'RUNNING' ? undefined : 'host-gone'}
              >
                <button type="button" onClick={() => setQuery({ host: host.host })}>
                  {host.host}
                  {host.state !== 'RUNNING' && <span className="quiet"> {host.state.toLowerCase()}</span>}
                </button>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}
