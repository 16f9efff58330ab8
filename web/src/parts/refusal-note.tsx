import type { ReactNode } from 'react';
import type { Refusal } from '../state/refusal.ts';

/** Beside the button that was pressed: why nothing came of it. */
export function RefusalNote({ refusal }: { readonly refusal: Refusal | null }): ReactNode {
  if (refusal === null) return null;
  return (
    <div className="dialog-error" role="alert">
      <p>{refusal.title}</p>
      {refusal.mends.map((mend) => (
        <p key={mend}>{mend}</p>
      ))}
    </div>
  );
}
