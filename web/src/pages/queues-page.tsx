import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import { listQueues } from '../api/queues.ts';
import { usePageMark } from '../browser/page-mark.ts';
import { ErrorMessage, Message } from '../parts/message.tsx';
import { QueueCard } from '../parts/queue-card.tsx';
import { setQuery } from '../router.tsx';
import { findQueues, keyOf } from '../state/found-queues.ts';

const REFRESH_MS = 3_000;

export function QueuesPage({ query }: { readonly query: URLSearchParams }): ReactNode {
  usePageMark('Queues · Fairlead', null);
  const { data, error, isPending } = useQuery({
    queryKey: ['queues'],
    queryFn: listQueues,
    refetchInterval: REFRESH_MS,
  });
  const text = query.get('find') ?? '';
  const queues = useMemo(() => findQueues(data?.queues ?? [], text), [data, text]);
  if (isPending) return <p className="loading">Loading who waits for what…</p>;
  if (error !== null && data === undefined) return <ErrorMessage error={error} />;
  return (
    <div className="list-page">
      <div className="list-head">
        <h1>Queues</h1>
        <input
          type="search"
          className="find"
          placeholder="Find by place, execution, person"
          aria-label="Find queues"
          value={text}
          onChange={(event) => setQuery({ find: event.target.value })}
        />
      </div>
      {queues.length === 0 ? (
        <Message title={text === '' ? 'Nothing is held, and nobody waits' : 'Nothing matches'}>
          {text === '' && (
            <p>Executions take turns at the same hosts, and with what a guard limits. That shows here.</p>
          )}
        </Message>
      ) : (
        <div className="groups">
          {queues.map((queue) => (
            <QueueCard key={keyOf(queue)} queue={queue} />
          ))}
        </div>
      )}
    </div>
  );
}
