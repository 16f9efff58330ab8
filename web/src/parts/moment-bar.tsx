import { type ReactNode, useEffect, useState } from 'react';
import { setQuery } from '../router.tsx';
import { indexOfSeq, type Slice } from '../state/slices.ts';
import { elapsedText, exactTime } from '../state/time-text.ts';

/** So long the slider must stand still before the execution is asked for as it was then. */
const SETTLED_MS = 120;
const SHOWN_EVENTS = 4;

interface MomentBarProps {
  readonly slices: readonly Slice[];
  readonly seq: number;
  readonly startedAt: number;
}

/** A slider over everything that happened to the execution. */
export function MomentBar({ slices, seq, startedAt }: MomentBarProps): ReactNode {
  const [wanted, setWanted] = useState(seq);
  useEffect(() => setWanted(seq), [seq]);
  useEffect(() => {
    if (wanted === seq) return;
    const timer = setTimeout(() => setQuery({ at: String(wanted) }), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [wanted, seq]);

  const index = indexOfSeq(slices, wanted);
  const slice = slices[index];
  const go = (to: number): void => setWanted(slices[to]?.seq ?? wanted);
  return (
    <section className="moments" aria-label="Moments">
      <div className="moments-slider">
        <button type="button" className="mini" disabled={index === 0} onClick={() => go(index - 1)}>
          Before
        </button>
        <input
          type="range"
          aria-label="Moment"
          min={0}
          max={Math.max(0, slices.length - 1)}
          value={index}
          aria-valuetext={slice === undefined ? undefined : `${whenText(slice, startedAt)}, ${slice.title}`}
          onChange={(event) => go(Number(event.target.value))}
        />
        <button type="button" className="mini" disabled={index >= slices.length - 1} onClick={() => go(index + 1)}>
          After
        </button>
        <button type="button" className="button" onClick={() => setQuery({ at: null })}>
          Back to now
        </button>
      </div>
      {slice === undefined ? (
        <p className="quiet">Loading what happened…</p>
      ) : (
        <div className="moments-told">
          <p>
            <strong title={exactTime(slice.at)}>{whenText(slice, startedAt)}</strong> · moment {index + 1} of{' '}
            {slices.length} · {slice.title}
          </p>
          <ul>
            {slice.events.slice(0, SHOWN_EVENTS).map((event, place) => (
              // Events of a record never change places.
              <li key={place}>
                {event.text} {event.node !== null && <span className="quiet">{event.node}</span>}
              </li>
            ))}
            {slice.events.length > SHOWN_EVENTS && (
              <li className="quiet">and {slice.events.length - SHOWN_EVENTS} more</li>
            )}
          </ul>
        </div>
      )}
    </section>
  );
}

const whenText = (slice: Slice, startedAt: number): string => `${elapsedText(slice.at - startedAt)} after its start`;
