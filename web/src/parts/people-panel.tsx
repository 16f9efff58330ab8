import type { ExecutionHeader, WaitingView } from '@fairlead/proto/live.ts';
import type { ExecutionId, NodeId } from '@fairlead/proto/model/ids.ts';
import { isTerminal } from '@fairlead/proto/model/status.ts';
import { type ReactNode, useState } from 'react';
import { useIsPast } from '../browser/moment.ts';
import { timeoutText, waitingTitle, whoText } from '../state/waiting-text.ts';
import { AnswerDialog } from './answer-dialog.tsx';
import { Ago, TimeLeft } from './elapsed.tsx';
import { PersonIcon } from './person-icon.tsx';

interface PeoplePanelProps {
  readonly header: ExecutionHeader;
  readonly select: (node: NodeId) => void;
}

/** Everything of the execution that goes on only when somebody answers. */
export function PeoplePanel({ header, select }: PeoplePanelProps): ReactNode {
  const isPast = useIsPast();
  if (isPast || header.people.length === 0 || isTerminal(header.status)) return null;
  return (
    <section className="people" aria-label="Waits for a person">
      {header.people.map((waiting) => (
        <WaitingNotice key={waiting.id} executionId={header.executionId} waiting={waiting} select={select} />
      ))}
    </section>
  );
}

function WaitingNotice({
  executionId,
  waiting,
  select,
}: {
  readonly executionId: ExecutionId;
  readonly waiting: WaitingView;
  readonly select: (node: NodeId) => void;
}): ReactNode {
  const [asking, setAsking] = useState(false);
  const decides = waiting.kind === 'INTERVENTION';
  return (
    <div className="notice tone-waiting" data-waiting={waiting.id}>
      <PersonIcon />
      <div className="people-text">
        <p className="notice-title">
          {waitingTitle(waiting)}
          {waiting.where !== waiting.name && <span className="quiet"> in {waiting.where}</span>}
        </p>
        {waiting.message !== null && <p>{waiting.message}</p>}
        <p>
          {ANSWERED_BY[waiting.kind]} <strong>{whoText(waiting)}</strong> · asked <Ago at={waiting.since} />
          <TimeLeft until={waiting.until} />, {timeoutText(waiting)}
        </p>
        {waiting.variables.length > 0 && (
          <dl className="people-variables">
            {waiting.variables.map(({ name, default: initial, required }) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{initial ?? (required ? 'needs a value' : '—')}</dd>
              </div>
            ))}
          </dl>
        )}
      </div>
      <button
        type="button"
        className="button primary people-answer"
        onClick={() => (decides ? select(waiting.id) : setAsking(true))}
      >
        {LABELS[waiting.kind]}
      </button>
      {asking && <AnswerDialog executionId={executionId} waiting={waiting} close={() => setAsking(false)} />}
    </div>
  );
}

const ANSWERED_BY = {
  APPROVAL: 'To be answered by',
  APPROVAL_STAGE: 'To be answered by',
  INPUTS: 'To be given by',
  INTERVENTION: 'To be decided by',
} as const satisfies Record<WaitingView['kind'], string>;

const LABELS = {
  APPROVAL: 'Answer…',
  APPROVAL_STAGE: 'Answer…',
  INPUTS: 'Give inputs…',
  INTERVENTION: 'Decide…',
} as const satisfies Record<WaitingView['kind'], string>;
