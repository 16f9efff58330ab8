import { type ExecutionDiff, isToldApart, type StepSide } from '@fairlead/proto/diff.ts';
import { type ReactNode, useState } from 'react';
import { elapsedText } from '../state/time-text.ts';
import { StatusLabel } from './status-icon.tsx';

/** Steps beside each other; those that went alike only for whoever asks. */
export function DiffSteps({ steps }: { readonly steps: ExecutionDiff['steps'] }): ReactNode {
  const [all, setAll] = useState(false);
  const apart = steps.filter(isToldApart);
  const shown = all ? steps : apart;
  if (steps.length === 0) return null;
  return (
    <section className="group" aria-label="Steps">
      <h2>
        Steps{' '}
        <button type="button" className="chip" aria-pressed={all} onClick={() => setAll(!all)}>
          {all ? `All ${steps.length}` : `${apart.length} of ${steps.length} differ`}
        </button>
      </h2>
      {shown.length > 0 && (
        <div className="diff-scroll">
          <table className="diff-table">
            <thead>
              <tr>
                <th scope="col">Step</th>
                <th scope="col">A</th>
                <th scope="col">B</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((step) => (
                <tr key={step.node}>
                  <th scope="row">{step.name}</th>
                  <td>{sideOf(step.a)}</td>
                  <td>{sideOf(step.b)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function sideOf(side: StepSide | null): ReactNode {
  if (side === null) return <span className="quiet">not reached</span>;
  return (
    <>
      <StatusLabel status={side.status} />
      {side.durationMs !== null && ` in ${elapsedText(side.durationMs)}`}
      {side.attempts > 1 && `, ${side.attempts} attempts`}
    </>
  );
}
