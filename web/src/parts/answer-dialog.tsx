import type { WaitingView } from '@fairlead/proto/live.ts';
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { answerApproval, type ApprovalAnswer, giveInputs } from '../api/people.ts';
import { changedValues, defaultsOf, problemsIn } from '../state/asked-values.ts';
import { type Refusal, refusalOf } from '../state/refusal.ts';
import { waitingTitle } from '../state/waiting-text.ts';
import { Dialog } from './dialog.tsx';
import { TimeLeft } from './elapsed.tsx';
import { RefusalNote } from './refusal-note.tsx';
import { VariableFields } from './variable-fields.tsx';

interface AnswerDialogProps {
  readonly executionId: ExecutionId;
  readonly waiting: WaitingView;
  readonly close: () => void;
}

interface Answer {
  readonly label: string;
  readonly look: string;
  readonly approval: ApprovalAnswer | null;
}

const GIVE: readonly Answer[] = [{ label: 'Go on with these', look: 'primary', approval: null }];
const APPROVE: Answer = { label: 'Approve', look: 'primary', approval: 'APPROVE' };
const REJECT: Answer = { label: 'Reject', look: 'danger-quiet', approval: 'REJECT' };
/** A stage that only approves has nothing of its own to roll back. */
const REJECT_AND_ROLLBACK: Answer = {
  label: 'Reject and roll back',
  look: 'danger-quiet',
  approval: 'REJECT_AND_ROLLBACK',
};

const ANSWERS: Readonly<Partial<Record<WaitingView['kind'], readonly Answer[]>>> = {
  APPROVAL: [APPROVE, REJECT, REJECT_AND_ROLLBACK],
  APPROVAL_STAGE: [APPROVE, REJECT],
};

/** Approves or rejects, or gives inputs: one answer decides, so it is asked for in a place of its own. */
export function AnswerDialog({ executionId, waiting, close }: AnswerDialogProps): ReactNode {
  const { variables } = waiting;
  const commentId = useId();
  const [values, setValues] = useState(() => defaultsOf(variables));
  const [comment, setComment] = useState('');
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const asksForInputs = waiting.kind === 'INPUTS';
  const answers = ANSWERS[waiting.kind] ?? GIVE;

  const send = ({ approval }: Answer): Promise<unknown> => {
    const given = changedValues(variables, values);
    if (approval === null) return giveInputs(executionId, { run: waiting.id, values: given });
    // Whoever rejects changes nothing.
    const changed = approval === 'APPROVE' ? given : {};
    return answerApproval(executionId, {
      step: waiting.id,
      answer: approval,
      comment: comment.trim(),
      variables: changed,
    });
  };

  const answer = (chosen: Answer): void => {
    const problems = chosen.approval === null ? problemsIn(variables, values) : new Map<string, string>();
    if (problems.size > 0) {
      setRefusal({ title: 'Not taken: look at the marked fields.', mends: [], fields: problems });
      return;
    }
    setBusy(true);
    setRefusal(null);
    send(chosen).then(close, (problem: unknown) => {
      setBusy(false);
      setRefusal(refusalOf(problem, asksForInputs ? 'values' : 'variables'));
    });
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    // Enter never answers an approval: it has more than one answer.
    if (asksForInputs) answers.forEach(answer);
  };

  return (
    <Dialog title={waitingTitle(waiting)} close={close}>
      <form onSubmit={submit} noValidate>
        <p>
          {asksForInputs ? 'It goes on with what you give.' : 'The first answer decides.'}{' '}
          <TimeLeft until={waiting.until} />
        </p>
        <VariableFields
          variables={variables}
          values={values}
          problems={refusal?.fields ?? new Map()}
          change={(name, value) => setValues((before) => ({ ...before, [name]: value }))}
        />
        {!asksForInputs && (
          <div className="field">
            <label htmlFor={commentId}>
              Comment <span className="hint">(kept in the history)</span>
            </label>
            <input
              id={commentId}
              value={comment}
              onChange={(event) => setComment(event.target.value)}
              maxLength={1_000}
              autoComplete="off"
            />
          </div>
        )}
        <RefusalNote refusal={refusal} />
        <div className="dialog-actions">
          <button type="button" className="button" onClick={close}>
            Cancel
          </button>
          {answers.toReversed().map((each) => (
            <button
              key={each.label}
              type={each.approval === null ? 'submit' : 'button'}
              className={`button ${each.look}`}
              disabled={busy}
              data-answer={each.approval ?? 'GIVE'}
              onClick={each.approval === null ? undefined : () => answer(each)}
            >
              {each.label}
            </button>
          ))}
        </div>
      </form>
    </Dialog>
  );
}
