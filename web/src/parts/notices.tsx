import type { ExecutionHeader } from '@fairlead/proto/live.ts';
import { FAILURES } from '@fairlead/proto/model/failure.ts';
import { isTerminal } from '@fairlead/proto/model/status.ts';
import type { ReactNode } from 'react';
import { executionPath, Link, queuePath } from '../router.tsx';
import { causeOf } from '../state/focus.ts';
import { type ExecutionState, pathOf } from '../state/execution-state.ts';
import type { Tone } from '../state/status-look.ts';
import { ToneIcon } from './status-icon.tsx';

const ROLLBACK = {
  RUNNING: { tone: 'undoing', text: 'Rolling back: what this execution changed is being put back.' },
  SUCCESS: { tone: 'success', text: 'Rolled back: every changed target is as it was before.' },
  PARTIAL: { tone: 'unknown', text: 'Rolled back in part: some targets could not be put back. See the rollback path.' },
  FAILED: { tone: 'failed', text: 'The rollback failed: targets may be between two releases. See the rollback path.' },
  NOTHING: { tone: 'skipped', text: 'Nothing had to be rolled back: no target had been changed.' },
} as const satisfies Record<NonNullable<ExecutionHeader['rollback']>, { readonly tone: Tone; readonly text: string }>;

const NO_STEP = {
  tone: 'unknown',
  title: 'Not rolled back: no step of the rollback ran, so what was changed stays as it is.',
} as const;

function rollbackOf({ nodes }: ExecutionState, result: keyof typeof ROLLBACK): { tone: Tone; title: string } {
  if (result === 'NOTHING' && [...nodes.values()].some((node) => node.rollback)) return NO_STEP;
  const { tone, text } = ROLLBACK[result];
  return { tone, title: text };
}

interface NoticesProps {
  readonly state: ExecutionState;
  readonly select: (node: string) => void;
}

/** What a person must know before reading on, most urgent first. */
export function Notices({ state, select }: NoticesProps): ReactNode {
  const { header } = state;
  const cause = causeOf(state);
  return (
    <div className="notices">
      {header.parked !== null && (
        <Notice tone="unknown" title="Broken: Fairlead itself failed on this execution and parked it">
          <p>{header.parked}</p>
          <p>
            Other executions are not affected.
            {!isTerminal(header.status) && ' Nothing more happens here by itself; it can still be aborted.'}
          </p>
        </Notice>
      )}
      {header.failure !== null && (
        <Notice tone="failed" title={header.failure.message}>
          <p>
            <span className="where">{whereOf(state, header.failure.node)}</span>
            {header.failure.target !== null && header.failure.target !== '-' && (
              <>
                {' '}
                on <strong>{header.failure.target}</strong>
              </>
            )}{' '}
            <code className="code">{header.failure.code}</code>
          </p>
          <p>
            {FAILURES[header.failure.code].help}{' '}
            {cause !== null && (
              <button type="button" className="link" onClick={() => select(cause)}>
                Show its log
              </button>
            )}
          </p>
        </Notice>
      )}
      {header.rollback !== null && (
        <Notice {...rollbackOf(state, header.rollback)}>
          {header.rolledBack !== null && <p>{askedText(header.rolledBack)}</p>}
        </Notice>
      )}
      {header.rolledBack !== null && header.rolledBack.of !== null && (
        <Notice tone="undoing" title="This execution takes back an earlier deployment">
          <p>
            <Link to={executionPath(header.rolledBack.of)}>{header.rolledBack.of}</Link> {askedText(header.rolledBack)}
          </p>
        </Notice>
      )}
      {header.unconfirmed.length > 0 && (
        <Notice tone="unknown" title={unconfirmedTitle(header.unconfirmed.length)}>
          <ul className="unconfirmed">
            {header.unconfirmed.map((each) => (
              <li key={each.attemptId}>
                <button type="button" className="link" onClick={() => select(each.attemptId)}>
                  {each.target}
                </button>{' '}
                {each.why}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      {header.waiting !== null && !isTerminal(header.status) && !isToldAbove(header) && (
        <Notice tone="waiting" title={waitingText(header.waiting)}>
          {header.status === 'QUEUED' && <Link to={queuePath(header.executionId)}>Show the queue</Link>}
        </Notice>
      )}
    </div>
  );
}

function Notice({
  tone,
  title,
  children,
}: {
  readonly tone: Tone;
  readonly title: string;
  readonly children?: ReactNode;
}): ReactNode {
  return (
    <div className={`notice tone-${tone}`}>
      <ToneIcon tone={tone} size={18} still />
      <div>
        <p className="notice-title">{title}</p>
        {children}
      </div>
    </div>
  );
}

/** Everything that is waited for is a person, who stands above. */
const isToldAbove = ({ status, people }: ExecutionHeader): boolean => status === 'WAITING' && people.length > 0;

const unconfirmedTitle = (count: number): string =>
  count === 1
    ? 'Not confirmed at 1 target: nobody has seen the work end'
    : `Not confirmed at ${count} targets: nobody has seen the work end`;

/** Of an automatic one the failure stands above. */
function askedText({ actor, reason }: NonNullable<ExecutionHeader['rolledBack']>): string {
  if (actor === null) return 'Started by the failure.';
  return reason === '' ? `Asked for by ${actor}, without a reason.` : `Asked for by ${actor}: ${reason}`;
}

const waitingText = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function whereOf(state: ExecutionState, node: string): string {
  return pathOf(state, node)
    .filter((each) => each.kind === 'phase' || each.kind === 'section' || each.kind === 'step')
    .map((each) => each.name)
    .join(' › ');
}
