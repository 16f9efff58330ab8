import type { ExecutionHeader } from '@fairlead/proto/live.ts';
import type { ReactNode } from 'react';
import { Link } from '../router.tsx';
import { labelOf, toneOf } from '../state/status-look.ts';
import { AgainActions } from './again-actions.tsx';
import { Ago, Elapsed } from './elapsed.tsx';
import { ExecutionActions } from './execution-actions.tsx';
import { HistoryActions } from './history-actions.tsx';
import { ProgressBar } from './progress-bar.tsx';
import { ToneIcon } from './status-icon.tsx';

interface ExecutionHeadProps {
  readonly header: ExecutionHeader;
  /** Of the journal, for whoever goes back from here. */
  readonly seq: number;
}

export function ExecutionHead({ header, seq }: ExecutionHeadProps): ReactNode {
  const tone = toneOf(header.status);
  return (
    <section className="head" aria-label="Execution">
      <div className="head-title">
        <ToneIcon tone={tone} size={30} />
        <div>
          <p className="crumbs">
            <Link to="/">Executions</Link>
            <span aria-hidden="true">/</span>
            {header.application}
          </p>
          <h1>
            {header.name}
            {header.environment !== null && <span className="head-environment"> to {header.environment}</span>}
          </h1>
        </div>
        <div className="actions">
          <HistoryActions header={header} seq={seq} />
          <AgainActions header={header} />
          <ExecutionActions header={header} />
        </div>
      </div>
      <div className="head-facts">
        <span className={`head-status tone-${tone}`} role="status" data-status={header.status}>
          {labelOf(header.status)}
        </span>
        <Elapsed startedAt={header.startedAt} endedAt={header.endedAt} />
        <span>
          started <Ago at={header.startedAt} /> by <strong>{header.actor}</strong>
        </span>
        {header.artifacts.map((artifact) => (
          <span key={artifact.service} className="artifact">
            {artifact.service}{' '}
            {artifact.previous !== null && (
              <>
                <span className="artifact-before">{artifact.previous}</span> →{' '}
              </>
            )}
            <strong>{artifact.build}</strong>
          </span>
        ))}
        <span className="quiet" title={`Execution ${header.executionId}, definitions at revision ${header.revision}`}>
          {shortId(header.executionId)} · rev {header.revision}
        </span>
        <ProgressBar done={header.progress.done} total={header.progress.total} tone={tone} />
      </div>
    </section>
  );
}

const shortId = (id: string): string => (id.length > 14 ? `${id.slice(0, 12)}…` : id);
