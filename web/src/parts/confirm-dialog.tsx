import { type FormEvent, type ReactNode, useState } from 'react';
import { type Refusal, refusalOf } from '../state/refusal.ts';
import { Dialog } from './dialog.tsx';
import { RefusalNote } from './refusal-note.tsx';

interface ConfirmDialogProps {
  readonly title: string;
  readonly children: ReactNode;
  readonly action: string;
  readonly danger?: boolean;
  /** Told with the action when nothing was written; null: no reason is asked for. */
  readonly defaultReason: string | null;
  readonly confirm: (reason: string) => Promise<void>;
  readonly close: () => void;
}

/** Asks once more, and why. */
export function ConfirmDialog(props: ConfirmDialogProps): ReactNode {
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    setRefusal(null);
    props
      .confirm(reason.trim() === '' ? (props.defaultReason ?? '') : reason.trim())
      .then(props.close, (problem: unknown) => {
        setBusy(false);
        setRefusal(refusalOf(problem));
      });
  };

  return (
    <Dialog title={props.title} close={props.close}>
      <form onSubmit={submit}>
        {props.children}
        {props.defaultReason !== null && (
          <label>
            <span>
              Reason <span className="hint">(kept in the history)</span>
            </span>
            <input value={reason} onChange={(event) => setReason(event.target.value)} maxLength={500} autoFocus />
          </label>
        )}
        <RefusalNote refusal={refusal} />
        <div className="dialog-actions">
          <button type="button" className="button" onClick={props.close}>
            Cancel
          </button>
          <button type="submit" className={`button ${props.danger === true ? 'danger' : 'primary'}`} disabled={busy}>
            {busy ? 'Asking…' : props.action}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
