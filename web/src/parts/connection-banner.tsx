import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useSyncExternalStore } from 'react';
import { isLoggedOut, request } from '../api/http-client.ts';
import { session } from '../api/session.ts';
import { useNow } from '../browser/clock.ts';
import { useLive, useLiveState } from '../live/live-context.tsx';
import { durationMs, elapsedText } from '../state/time-text.ts';
import { ToneIcon } from './status-icon.tsx';

/** So short a break is nobody's business. */
const BREAK_MS = 2_000;
const ASK_MS = 4_000;
/** Before the first connection: so many in a row that did not come about. */
const NEVER_OPENED = 3;

/** Over the page when what is shown is not what is: why, since when, and what to do. What was shown and written stays. */
export function ConnectionBanner(): ReactNode {
  const live = useLive();
  const { connection, heardAt, failures } = useLiveState();
  const away = connection !== 'live';
  const ended = useSyncExternalStore(
    (listener) => session.onChange(listener),
    () => session.ended,
  );
  const now = useNow(away);
  // A refused socket does not say why: an answer does.
  const me = useQuery({
    queryKey: ['me'],
    queryFn: () => request<unknown>('GET', '/me'),
    enabled: away || ended,
    refetchInterval: ASK_MS,
    retry: false,
  });
  if (ended) {
    return (
      <div className="banner tone-failed" role="alert">
        <ToneIcon tone="failed" size={16} still />
        <p>
          <strong>Your login has ended.</strong> Open a new link from <code>fairlead login</code>, in another tab if you
          like: this page goes on by itself, and what you wrote stays.
        </p>
      </div>
    );
  }
  // Nobody was logged in yet: the page says so itself, and nothing of it is old.
  if (isLoggedOut(me.error)) return null;
  const silentMs = durationMs(heardAt, null, now);
  const isBreak = silentMs === null ? failures >= NEVER_OPENED : silentMs >= BREAK_MS;
  if (!away || !isBreak) return null;
  return (
    <div className="banner tone-waiting" role="alert">
      <ToneIcon tone="waiting" size={16} still />
      <p>
        <strong>No connection to the control plane</strong>
        {silentMs !== null && <span aria-hidden="true"> for {elapsedText(silentMs)}</span>}. What you see is as it was
        then. It is tried again by itself.
      </p>
      <button type="button" className="button" onClick={() => live.hurry()}>
        Try now
      </button>
    </div>
  );
}
