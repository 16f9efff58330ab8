import { type KeyboardEvent, type ReactNode, useState } from 'react';
import { copyText } from '../browser/copy-text.ts';
import { bytesText } from '../state/time-text.ts';

interface LogToolbarProps {
  readonly lines: number;
  readonly bytes: number;
  readonly search: string;
  readonly found: number;
  readonly hit: number;
  readonly wrap: boolean;
  readonly text: () => string;
  readonly onSearch: (text: string) => void;
  readonly onHit: (step: 1 | -1) => void;
  readonly onWrap: () => void;
}

export function LogToolbar(props: LogToolbarProps): ReactNode {
  const [copied, setCopied] = useState<boolean | null>(null);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') props.onHit(event.shiftKey ? -1 : 1);
    else if (event.key === 'Escape') props.onSearch('');
  };
  const copy = (): void => void copyText(props.text()).then(setCopied);
  return (
    <div className="log-toolbar">
      <span className="log-size">
        {props.lines} {props.lines === 1 ? 'line' : 'lines'} · {bytesText(props.bytes)}
      </span>
      <span className="log-search">
        <input
          type="search"
          placeholder="Search the log"
          aria-label="Search the log"
          value={props.search}
          onChange={(event) => props.onSearch(event.target.value)}
          onKeyDown={onKeyDown}
        />
        {props.search !== '' && (
          <span className="log-found" role="status">
            {props.found === 0 ? 'none' : `${props.hit + 1}/${props.found}`}
          </span>
        )}
        {props.found > 1 && (
          <>
            <button type="button" className="mini" aria-label="Previous hit" onClick={() => props.onHit(-1)}>
              ↑
            </button>
            <button type="button" className="mini" aria-label="Next hit" onClick={() => props.onHit(1)}>
              ↓
            </button>
          </>
        )}
      </span>
      <button type="button" className="mini" aria-pressed={props.wrap} onClick={props.onWrap}>
        Wrap
      </button>
      <button type="button" className="mini" onClick={copy} onBlur={() => setCopied(null)}>
        <span role="status">{copied === null ? 'Copy' : copied ? 'Copied' : 'Not allowed'}</span>
      </button>
    </div>
  );
}
