import type { Status } from '@fairlead/proto/model/status.ts';
import { memo, type ReactNode } from 'react';
import { labelOf, type Tone, toneOf } from '../state/status-look.ts';

/** A shape of its own for every tone, readable in gray and at 10 pixels. `.on` is drawn in the color of the ground. */
const SHAPES: Readonly<Record<Tone, ReactNode>> = {
  pending: <circle cx="8" cy="8" r="5.25" className="line" />,
  running: (
    <>
      <circle cx="8" cy="8" r="5.75" className="line faint" />
      <path d="M8 2.25a5.75 5.75 0 0 1 5.75 5.75" className="line thick" />
    </>
  ),
  waiting: (
    <>
      <circle cx="8" cy="8" r="6" className="line" />
      <path d="M8 4.75V8l2.25 1.5" className="line" />
    </>
  ),
  undoing: <path d="M3.2 6.2a5.25 5.25 0 1 1-.4 3.3M2.6 2.6v3.9h3.9" className="line" />,
  unknown: (
    <>
      <path d="M8 .9 15.1 8 8 15.1.9 8z" className="fill" />
      <path d="M6.3 6.4a1.7 1.7 0 1 1 2.5 1.5c-.6.3-.8.6-.8 1.2M8 11.2v.1" className="on" />
    </>
  ),
  success: (
    <>
      <circle cx="8" cy="8" r="7" className="fill" />
      <path d="m4.9 8.2 2.2 2.2 4-4.5" className="on" />
    </>
  ),
  skipped: <path d="m4 4.5 3.5 3.5L4 11.5m4.5-7L12 8l-3.5 3.5" className="line" />,
  failed: (
    <>
      <path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" className="fill" />
      <path d="m5.6 5.6 4.8 4.8m0-4.8-4.8 4.8" className="on" />
    </>
  ),
  stopped: (
    <>
      <circle cx="8" cy="8" r="6.25" className="line" />
      <path d="M5.75 5.75h4.5v4.5h-4.5z" className="fill" />
    </>
  ),
};

interface ToneIconProps {
  readonly tone: Tone;
  readonly size?: number;
  /** Many icons together stand still. */
  readonly still?: boolean;
}

/** Decoration: whoever shows it says the status in words too. */
export const ToneIcon = memo(function ToneIcon({ tone, size = 16, still = false }: ToneIconProps): ReactNode {
  return (
    <svg
      className={`icon tone-${tone}${still ? ' still' : ''}`}
      viewBox="0 0 16 16"
      width={size}
      height={size}
      aria-hidden="true"
      focusable="false"
    >
      {SHAPES[tone]}
    </svg>
  );
});

export function StatusLabel({ status }: { readonly status: Status | null }): ReactNode {
  const tone = toneOf(status);
  return (
    <span className={`status tone-${tone}`}>
      <ToneIcon tone={tone} />
      <span>{labelOf(status)}</span>
    </span>
  );
}
