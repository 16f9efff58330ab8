import type { ReactNode } from 'react';
import type { Queue, QueuePlace } from '../api/queues.ts';
import { executionPath, Link } from '../router.tsx';
import { Ago } from './elapsed.tsx';
import { ToneIcon } from './status-icon.tsx';

/** Who holds it and who waits, the next one first. */
export function QueueCard({ queue }: { readonly queue: Queue }): ReactNode {
  const { kind, name, unit, capacity, used, strategy, holders, waiting } = queue;
  const title = unit === '' ? name : `${name} for ${unit}`;
  return (
    <section className="group" aria-label={title} data-queue={name}>
      <h2>
        {title} <span className="quiet">· {kind === 'GUARD' ? 'guard' : 'infrastructure'}</span>
        {kind === 'GUARD' && (
          <span className="quiet">
            {' '}
            · {used} of {capacity} used{strategy === 'ASAP' ? ', whoever fits goes first' : ''}
          </span>
        )}
        {waiting.length > 0 && (
          <span className="group-mixed">
            {waiting.length} {waiting.length === 1 ? 'waits' : 'wait'}
          </span>
        )}
      </h2>
      <ol className="queue">
        {holders.map((place) => (
          <Place key={place.by} place={place} text="holds it" />
        ))}
        {waiting.map((place, index) => (
          <Place key={place.by} place={place} waits text={index === 0 ? 'is next' : `waits, ${index} before it`} />
        ))}
        {holders.length === 0 && <li className="quiet">Nobody holds it at this moment.</li>}
      </ol>
    </section>
  );
}

function Place({
  place: { executionId, execution, permits, since },
  text,
  waits = false,
}: {
  readonly place: QueuePlace;
  readonly text: string;
  readonly waits?: boolean;
}): ReactNode {
  return (
    <li className="queue-place">
      <ToneIcon tone={waits ? 'waiting' : 'running'} size={14} still />
      <Link to={executionPath(executionId)}>{execution?.name ?? executionId}</Link>
      {execution !== null && (
        <span className="quiet">
          {execution.application}, by {execution.actor}
        </span>
      )}
      <span>
        {text}
        {permits > 1 && `, ${permits} permits`}
        {since !== null && (
          <>
            {' '}
            · since <Ago at={since} />
          </>
        )}
      </span>
    </li>
  );
}
