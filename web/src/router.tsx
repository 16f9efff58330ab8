/** A few places and their addresses; nothing a library would be needed for. */
import { type MouseEvent, type ReactNode, useSyncExternalStore } from 'react';

export type Route =
  | { readonly page: 'list'; readonly query: URLSearchParams }
  | { readonly page: 'execution'; readonly executionId: string; readonly query: URLSearchParams }
  | { readonly page: 'diff'; readonly a: string; readonly b: string }
  | { readonly page: 'instances'; readonly query: URLSearchParams }
  | { readonly page: 'queues'; readonly query: URLSearchParams }
  | { readonly page: 'unknown'; readonly path: string };

export function routeOf(path: string, search: string): Route {
  const query = new URLSearchParams(search);
  const trimmed = path.length > 1 ? path.replace(/\/+$/, '') : path;
  if (trimmed === '/' || trimmed === '/executions') return { page: 'list', query };
  if (trimmed === '/instances') return { page: 'instances', query };
  if (trimmed === '/queues') return { page: 'queues', query };
  const [, one, other] = /^\/executions\/([^/]+)(?:\/diff\/([^/]+))?$/.exec(trimmed) ?? [];
  if (one === undefined) return { page: 'unknown', path };
  try {
    const executionId = decodeURIComponent(one);
    return other === undefined
      ? { page: 'execution', executionId, query }
      : { page: 'diff', a: executionId, b: decodeURIComponent(other) };
  } catch {
    // A stray `%`: no address of ours.
    return { page: 'unknown', path };
  }
}

export const diffPath = (a: string, b: string): string =>
  `/executions/${encodeURIComponent(a)}/diff/${encodeURIComponent(b)}`;

export const executionPath = (executionId: string): string => `/executions/${encodeURIComponent(executionId)}`;

/** What that execution holds or waits for. */
export const queuePath = (executionId: string): string => `/queues?find=${encodeURIComponent(executionId)}`;

const CHANGED = 'fairlead:navigated';

function subscribe(listener: () => void): () => void {
  window.addEventListener('popstate', listener);
  window.addEventListener(CHANGED, listener);
  return () => {
    window.removeEventListener('popstate', listener);
    window.removeEventListener(CHANGED, listener);
  };
}

export function navigate(to: string, replace = false): void {
  if (replace) window.history.replaceState(null, '', to);
  else window.history.pushState(null, '', to);
  window.dispatchEvent(new Event(CHANGED));
}

/** Changes only the query: filters and selections, which must not fill the history. */
export function setQuery(change: Readonly<Record<string, string | null>>): void {
  const query = new URLSearchParams(window.location.search);
  for (const [name, value] of Object.entries(change)) {
    if (value === null || value === '') query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  navigate(`${window.location.pathname}${text === '' ? '' : `?${text}`}`, true);
}

export function useRoute(): Route {
  const address = useSyncExternalStore(subscribe, () => `${window.location.pathname}\n${window.location.search}`);
  const [path = '/', search = ''] = address.split('\n');
  return routeOf(path, search);
}

interface LinkProps {
  readonly to: string;
  readonly className?: string;
  readonly current?: boolean;
  readonly children: ReactNode;
}

/** A real link: opens in a new tab, can be copied; only a plain click stays on the page. */
export function Link({ to, className, current, children }: LinkProps): ReactNode {
  const follow = (event: MouseEvent): void => {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    event.preventDefault();
    navigate(to);
  };
  return (
    <a href={to} className={className} aria-current={current === true ? 'page' : undefined} onClick={follow}>
      {children}
    </a>
  );
}
