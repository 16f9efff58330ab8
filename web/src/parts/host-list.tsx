import type { NodeView } from '@fairlead/proto/live.ts';
import type { NodeId } from '@fairlead/proto/model/ids.ts';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useMemo, useRef, useState } from 'react';
import { findHosts, summarizeHosts, urgentFirst } from '../state/host-summary.ts';
import { labelOf, type Tone, toneOf } from '../state/status-look.ts';
import { Elapsed } from './elapsed.tsx';
import { TONE_WORDS } from './host-bar.tsx';
import { ToneIcon } from './status-icon.tsx';

const ROW_HEIGHT = 34;

interface HostListProps {
  readonly tasks: readonly NodeView[];
  readonly select: (node: NodeId) => void;
}

/** Every host of a step, the urgent ones first; a thousand are as quick as four. */
export function HostList({ tasks, select }: HostListProps): ReactNode {
  const scroller = useRef<HTMLDivElement>(null);
  const [text, setText] = useState('');
  const [tone, setTone] = useState<Tone | null>(null);
  const summary = useMemo(() => summarizeHosts(tasks), [tasks]);
  const shown = useMemo(() => urgentFirst(findHosts(tasks, text, tone)), [tasks, text, tone]);
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 10,
  });
  return (
    <section className="hosts" aria-label="Hosts">
      <div className="hosts-filter">
        <input
          type="search"
          placeholder={`Find among ${tasks.length} hosts`}
          aria-label="Find a host"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        {summary.tones.length > 1 &&
          summary.tones.map((each) => (
            <button
              key={each.tone}
              type="button"
              className={`chip tone-${each.tone}`}
              aria-pressed={tone === each.tone}
              onClick={() => setTone(tone === each.tone ? null : each.tone)}
            >
              <ToneIcon tone={each.tone} size={13} still />
              {each.count} {TONE_WORDS[each.tone]}
            </button>
          ))}
      </div>
      <div className="hosts-scroll" ref={scroller}>
        <div className="hosts-rows" role="list" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const task = shown[item.index];
            if (task === undefined) return null;
            return (
              <div
                key={task.id}
                role="listitem"
                className="hosts-place"
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <HostLine task={task} select={select} />
              </div>
            );
          })}
        </div>
        {shown.length === 0 && <p className="quiet pad">No host is like that.</p>}
      </div>
    </section>
  );
}

function HostLine({ task, select }: { readonly task: NodeView; readonly select: (node: NodeId) => void }): ReactNode {
  const note = task.failure?.message ?? task.note;
  return (
    <button type="button" className="hosts-row" onClick={() => select(task.id)} data-host={task.target ?? task.name}>
      <ToneIcon tone={toneOf(task.status)} still />
      <span className="hosts-name">{task.target ?? task.name}</span>
      <span className={`hosts-status tone-${toneOf(task.status)}`}>{labelOf(task.status)}</span>
      <span className="hosts-note">{note}</span>
      <Elapsed startedAt={task.startedAt} endedAt={task.endedAt} />
    </button>
  );
}
