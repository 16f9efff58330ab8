import type { ReactNode } from 'react';
import { type HostSummary } from '../state/host-summary.ts';
import type { Tone } from '../state/status-look.ts';

export const TONE_WORDS: Readonly<Record<Tone, string>> = {
  pending: 'not started',
  running: 'running',
  waiting: 'waiting',
  undoing: 'rolling back',
  unknown: 'unknown',
  success: 'succeeded',
  skipped: 'skipped',
  failed: 'failed',
  stopped: 'stopped',
};

export const summaryWords = (summary: HostSummary): string =>
  summary.tones.map(({ tone, count }) => `${count} ${TONE_WORDS[tone]}`).join(', ');

/** All hosts of a step in one short bar, its words beside it. */
export function HostBar({ summary }: { readonly summary: HostSummary }): ReactNode {
  return (
    <span className="hostbar" title={summaryWords(summary)}>
      <span className="hostbar-track" aria-hidden="true">
        {summary.tones.map(({ tone, count }) => (
          <span key={tone} className={`hostbar-part tone-${tone}`} style={{ flexGrow: count }} />
        ))}
      </span>
      <span className="hostbar-text">
        <span className="sr">{summaryWords(summary)}, ended </span>
        {summary.ended}/{summary.total}
      </span>
    </span>
  );
}
