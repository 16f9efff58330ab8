import { memo, type ReactNode } from 'react';
import { type LogLine, plainText } from '../state/log-buffer.ts';
import { bytesText } from '../state/time-text.ts';

interface LogRowProps {
  readonly line: LogLine;
  readonly search: string;
  /** The hit that the search stands at. */
  readonly current: boolean;
}

export const LogRow = memo(function LogRow({ line, search, current }: LogRowProps): ReactNode {
  if (line.type === 'gap') {
    return <div className="log-gap">{bytesText(line.bytes)} dropped at the agent: its log spool was full</div>;
  }
  return (
    <div className={`log-line${current ? ' current' : ''}`}>
      <span className="log-number" aria-hidden="true">
        {line.number}
      </span>
      <span className="log-text">{marked(plainText(line.text), search)}</span>
    </div>
  );
});

function marked(text: string, search: string): ReactNode {
  if (search === '') return text;
  const parts: ReactNode[] = [];
  const lower = text.toLowerCase();
  const wanted = search.toLowerCase();
  let from = 0;
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, from)) {
    parts.push(text.slice(from, at), <mark key={at}>{text.slice(at, at + search.length)}</mark>);
    from = at + search.length;
  }
  parts.push(text.slice(from));
  return parts;
}
