import type { ReactNode } from 'react';
import { useNow } from '../browser/clock.ts';
import { agoText, durationMs, elapsedText, exactTime } from '../state/time-text.ts';

interface ElapsedProps {
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

/** Ticks while it runs; listens to nothing once it has ended. */
export function Elapsed({ startedAt, endedAt }: ElapsedProps): ReactNode {
  const now = useNow(startedAt !== null && endedAt === null);
  const ms = durationMs(startedAt, endedAt, now);
  if (ms === null || startedAt === null) return null;
  const until = endedAt === null ? 'still running' : `ended ${exactTime(endedAt)}`;
  return (
    <span className="elapsed" title={`started ${exactTime(startedAt)}, ${until}`}>
      {elapsedText(ms)}
    </span>
  );
}

/** How long it will go on waiting. */
export function TimeLeft({ until }: { readonly until: number }): ReactNode {
  const now = useNow(true);
  return <span title={`until ${exactTime(until)}`}> ({elapsedText(Math.max(0, until - now))} left)</span>;
}

export function Ago({ at }: { readonly at: number }): ReactNode {
  const now = useNow(true);
  return (
    <time dateTime={new Date(at).toISOString()} title={exactTime(at)}>
      {agoText(at, now)}
    </time>
  );
}
