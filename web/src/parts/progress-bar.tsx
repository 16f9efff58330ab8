import type { ReactNode } from 'react';
import type { Tone } from '../state/status-look.ts';

interface ProgressBarProps {
  readonly done: number;
  readonly total: number;
  readonly tone: Tone;
}

export function ProgressBar({ done, total, tone }: ProgressBarProps): ReactNode {
  const share = total === 0 ? 0 : Math.min(1, done / total);
  return (
    <div className={`progress tone-${tone}`}>
      <div
        className="progress-track"
        role="progressbar"
        aria-label="Steps done"
        aria-valuemin={0}
        aria-valuemax={total}
        aria-valuenow={done}
        aria-valuetext={`${done} of ${total} steps`}
      >
        <div className="progress-fill" style={{ transform: `scaleX(${share})` }} />
      </div>
      <span className="progress-text">
        {done}/{total} steps
      </span>
    </div>
  );
}
