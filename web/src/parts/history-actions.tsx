import type { ExecutionHeader } from '@fairlead/proto/live.ts';
import { type ReactNode, useState } from 'react';
import { useIsPast } from '../browser/moment.ts';
import { setQuery } from '../router.tsx';
import { CompareDialog } from './compare-dialog.tsx';

/** Looking back at it, and beside another one. */
export function HistoryActions({ header, seq }: { readonly header: ExecutionHeader; readonly seq: number }): ReactNode {
  const isPast = useIsPast();
  const [comparing, setComparing] = useState(false);
  return (
    <>
      {!isPast && (
        <button type="button" className="button" onClick={() => setQuery({ at: String(seq) })}>
          Look back
        </button>
      )}
      <button type="button" className="button" onClick={() => setComparing(true)}>
        Compare…
      </button>
      {comparing && <CompareDialog header={header} close={() => setComparing(false)} />}
    </>
  );
}
