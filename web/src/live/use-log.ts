import type { Failure } from '@fairlead/proto/model/failure.ts';
import type { AttemptId } from '@fairlead/proto/model/ids.ts';
import { useEffect, useRef, useState } from 'react';
import { applyLogFrame, EMPTY_LOG, type LogBuffer } from '../state/log-buffer.ts';
import { useLive } from './live-context.tsx';

export interface LiveLog {
  readonly buffer: LogBuffer;
  readonly error: Failure | null;
}

/**
 * The log of an attempt from its first byte on, continued at the byte where a lost connection left it. `until`: as it was
 * at that moment.
 */
export function useLog(attemptId: AttemptId, until: number | null): LiveLog {
  const live = useLive();
  const [log, setLog] = useState<LiveLog>({ buffer: EMPTY_LOG, error: null });
  const buffer = useRef<LogBuffer>(EMPTY_LOG);

  useEffect(() => {
    buffer.current = EMPTY_LOG;
    setLog({ buffer: EMPTY_LOG, error: null });
    return live.add({
      open: () => ({
        type: 'subscribe',
        feed: 'log',
        attemptId,
        from: buffer.current.next,
        ...(until === null ? {} : { until }),
      }),
      receive(frames, again) {
        let error: Failure | null = null;
        for (const frame of frames) {
          if ('error' in frame) {
            error = frame.error;
          } else if (frame.feed === 'log') {
            const applied = applyLogFrame(buffer.current, frame);
            buffer.current = applied.buffer;
            if ('missing' in applied) {
              again();
              break;
            }
          }
        }
        setLog({ buffer: buffer.current, error });
      },
    });
  }, [live, attemptId, until]);

  return log;
}
