import type { ReactNode } from 'react';
import { useNow } from '../browser/clock.ts';
import { useLiveState } from '../live/live-context.tsx';
import { agoText } from '../state/time-text.ts';

const TEXT = { connecting: 'Connecting…', live: 'Live', reconnecting: 'Reconnecting…' } as const;

/** Whether what is shown is what is; and if not, how old it is. */
export function ConnectionBadge(): ReactNode {
  const state = useLiveState();
  const now = useNow(true);
  const heard = state.heardAt === null ? null : agoText(state.heardAt, Math.max(now, state.heardAt));
  return (
    <div className={`connection connection-${state.connection}`} data-connection={state.connection}>
      <span className="connection-dot" aria-hidden="true" />
      <span role="status">{TEXT[state.connection]}</span>
      {heard !== null && <span className="connection-age">last update {heard}</span>}
    </div>
  );
}
