import { type ReactNode, useEffect, useMemo, useRef } from 'react';
import { usePageMark } from '../browser/page-mark.ts';
import { useExecutions } from '../live/use-executions.ts';
import { ExecutionTable } from '../parts/execution-table.tsx';
import { Holds } from '../parts/holds.tsx';
import { ErrorMessage, Message } from '../parts/message.tsx';
import { useWaiting, WaitingList } from '../parts/waiting-list.tsx';
import { setQuery } from '../router.tsx';
import type { ListQuery } from '../state/list-rows.ts';
import { isStatusGroup, STATUS_GROUPS, type StatusGroup } from '../state/status-look.ts';

export function ExecutionsPage({ query }: { readonly query: URLSearchParams }): ReactNode {
  const waiting = useWaiting();
  usePageMark(
    waiting.length === 0 ? 'Executions · Fairlead' : `(${waiting.length}) Executions · Fairlead`,
    waiting.length === 0 ? null : 'waiting',
  );
  const group = query.get('show');
  const application = query.get('application') ?? '';
  const text = query.get('find') ?? '';
  const filter = useMemo<ListQuery>(
    () => ({ group: isStatusGroup(group) ? group : null, application, text }),
    [group, application, text],
  );
  const executions = useExecutions(filter);
  const filtered = filter.group !== null || application !== '' || text !== '';
  const applications =
    application === '' ? executions.applications : [...new Set([application, ...executions.applications])].sort();

  return (
    <div className="list-page">
      <div className="list-head">
        <h1>Executions</h1>
        <Groups current={filter.group} />
        {(applications.length > 1 || application !== '') && (
          <select
            aria-label="Application"
            value={application}
            onChange={(event) => setQuery({ application: event.target.value })}
          >
            <option value="">All applications</option>
            {applications.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        )}
        <Find text={text} />
      </div>
      <WaitingList waiting={waiting} />
      <Holds />
      {executions.rows.length > 0 ? (
        <ExecutionTable executions={executions} searching={text !== ''} />
      ) : executions.error !== null ? (
        <ErrorMessage error={executions.error} />
      ) : executions.loading || executions.loadingMore ? (
        <p className="loading">Loading executions…</p>
      ) : filtered ? (
        <NoMatch canGoOn={executions.hasMore} goOn={executions.loadMore} />
      ) : (
        <FirstSteps />
      )}
    </div>
  );
}

function Groups({ current }: { readonly current: StatusGroup | null }): ReactNode {
  const groups = Object.keys(STATUS_GROUPS).filter(isStatusGroup);
  return (
    <div className="segments" role="group" aria-label="Status">
      <button type="button" aria-pressed={current === null} onClick={() => setQuery({ show: null })}>
        All
      </button>
      {groups.map((group) => (
        <button key={group} type="button" aria-pressed={current === group} onClick={() => setQuery({ show: group })}>
          {STATUS_GROUPS[group].label}
        </button>
      ))}
    </div>
  );
}

function Find({ text }: { readonly text: string }): ReactNode {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const elsewhere =
        event.target instanceof HTMLElement && event.target.matches('input, select, textarea, dialog *');
      if (event.key !== '/' || elsewhere || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      field.current?.focus();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
  return (
    <input
      ref={field}
      type="search"
      className="find"
      placeholder="Find by name, build, person  ( / )"
      aria-label="Find executions"
      value={text}
      onChange={(event) => setQuery({ find: event.target.value })}
    />
  );
}

function NoMatch({ canGoOn, goOn }: { readonly canGoOn: boolean; readonly goOn: () => void }): ReactNode {
  return (
    <Message title="No execution matches">
      <p>
        {canGoOn && (
          <button type="button" className="button" onClick={goOn}>
            Look further back
          </button>
        )}{' '}
        <button
          type="button"
          className="button"
          onClick={() => setQuery({ show: null, application: null, find: null })}
        >
          Show all
        </button>
      </p>
    </Message>
  );
}

function FirstSteps(): ReactNode {
  return (
    <Message title="Nothing has been deployed yet">
      <p>Describe your hosts and your service in a file, hand it in, and deploy:</p>
      <pre className="command">
        {'fairlead init     # writes a file for your hosts\nfairlead apply -f fairlead.yaml\nfairlead deploy ship-web'}
      </pre>
      <p>The execution appears here by itself, and you can watch it live.</p>
    </Message>
  );
}
