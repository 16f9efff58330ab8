import type { AttemptId } from '@fairlead/proto/model/ids.ts';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useContext, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { MomentContext } from '../browser/moment.ts';
import { useLog } from '../live/use-log.ts';
import { findLines, wholeText } from '../state/log-buffer.ts';
import { LogRow } from './log-row.tsx';
import { LogToolbar } from './log-toolbar.tsx';

const LINE_HEIGHT = 19;

/** The tail of a log: follows until somebody scrolls up, and goes on following when they return to the end. */
export function LogView({
  attemptId,
  running,
}: {
  readonly attemptId: AttemptId;
  readonly running: boolean;
}): ReactNode {
  const moment = useContext(MomentContext);
  const { buffer, error } = useLog(attemptId, moment);
  const scroller = useRef<HTMLDivElement>(null);
  const lastTop = useRef(0);
  const [follow, setFollow] = useState(true);
  const [wrap, setWrap] = useState(false);
  const [search, setSearch] = useState('');
  const [hit, setHit] = useState(0);
  const { lines } = buffer;
  const found = useMemo(() => findLines(lines, search), [lines, search]);
  const seenWhenPaused = useRef(0);
  if (follow) seenWhenPaused.current = buffer.count;

  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_HEIGHT,
    overscan: 20,
  });

  useEffect(() => {
    setFollow(true);
    setHit(0);
  }, [attemptId]);
  useLayoutEffect(() => {
    if (follow && lines.length > 0) virtual.scrollToIndex(lines.length - 1, { align: 'end' });
  }, [follow, lines, virtual]);

  const goTo = (index: number): void => {
    const line = found[index];
    if (line === undefined) return;
    setHit(index);
    setFollow(false);
    virtual.scrollToIndex(line, { align: 'center' });
  };
  const onScroll = (): void => {
    const element = scroller.current;
    if (element === null) return;
    const atEnd = element.scrollHeight - element.clientHeight - element.scrollTop < 4;
    // The page itself only ever scrolls down, so going up is a person.
    if (atEnd) setFollow(true);
    else if (element.scrollTop < lastTop.current) setFollow(false);
    lastTop.current = element.scrollTop;
  };

  const fresh = buffer.count - seenWhenPaused.current;
  return (
    <section className="log" aria-label="Log" data-follow={follow}>
      <LogToolbar
        lines={buffer.count}
        bytes={buffer.next}
        search={search}
        found={found.length}
        hit={hit}
        wrap={wrap}
        text={() => wholeText(buffer)}
        onSearch={(text) => {
          setSearch(text);
          setHit(0);
          const first = findLines(lines, text)[0];
          if (first === undefined) return;
          setFollow(false);
          virtual.scrollToIndex(first, { align: 'center' });
        }}
        onHit={(step) => goTo((hit + step + found.length) % Math.max(1, found.length))}
        onWrap={() => setWrap(!wrap)}
      />
      {error !== null && (
        <p className="log-error" role="alert">
          {error.message}
        </p>
      )}
      <div
        className={`log-scroll${wrap ? ' wrap' : ''}`}
        ref={scroller}
        onScroll={onScroll}
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label="Lines of the log"
      >
        {lines.length === 0 ? (
          <p className="log-empty">{running ? 'Nothing written yet.' : 'Nothing was written.'}</p>
        ) : (
          <div className="log-lines" style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map((item) => {
              const line = lines[item.index];
              if (line === undefined) return null;
              return (
                <div
                  key={item.key}
                  ref={wrap ? virtual.measureElement : undefined}
                  data-index={item.index}
                  className="log-place"
                  style={{ transform: `translateY(${item.start}px)` }}
                >
                  <LogRow line={line} search={search} current={found[hit] === item.index && search !== ''} />
                </div>
              );
            })}
          </div>
        )}
      </div>
      {!follow && (
        <button type="button" className="log-jump" onClick={() => setFollow(true)}>
          ↓ {fresh > 0 ? `${fresh} new ${fresh === 1 ? 'line' : 'lines'}` : 'To the end'}
        </button>
      )}
    </section>
  );
}
