import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';

interface ConfirmDialogProps {
  readonly title: string;
  readonly children: ReactNode;
  readonly action: string;
  readonly danger?: boolean;
  /** Told with the action when nothing was written. */
  readonly defaultReason: string;
  readonly confirm: (reason: string) => Promise<void>;
  readonly close: () => void;
}

/** The browser's own modal dialog: focus stays inside, Escape closes, focus returns. */
export function ConfirmDialog(props: ConfirmDialogProps): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);

  useEffect(() => dialog.current?.showModal(), []);

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    props.confirm(reason.trim() === '' ? props.defaultReason : reason.trim()).then(props.close, (problem: unknown) => {
      setBusy(false);
      setError(problem instanceof Error ? problem.message : String(problem));
    });
  };

  return (
    <dialog ref={dialog} className="dialog" aria-labelledby="dialog-title" onClose={props.close}>
      <form onSubmit={submit}>
        <h2 id="dialog-title">{props.title}</h2>
        {props.children}
        <label>
          <span>
            Reason <span className="hint">(kept in the history)</span>
          </span>
          <input value={reason} onChange={(event) => setReason(event.target.value)} maxLength={500} autoFocus />
        </label>
        {error !== null && (
          <p className="dialog-error" role="alert">
            {error}
          </p>
        )}
        <div className="dialog-actions">
          <button type="button" className="button" onClick={props.close}>
            Cancel
          </button>
          <button type="submit" className={`button ${props.danger === true ? 'danger' : 'primary'}`} disabled={busy}>
            {busy ? 'Asking…' : props.action}
          </button>
        </div>
      </form>
    </dialog>
  );
}
