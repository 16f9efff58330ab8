import type { ValueDiff } from '@fairlead/proto/diff.ts';
import type { ReactNode } from 'react';

/** Nothing where there is nothing. */
export function DiffTable({ title, rows }: { readonly title: string; readonly rows: readonly ValueDiff[] }): ReactNode {
  if (rows.length === 0) return null;
  return (
    <section className="group" aria-label={title}>
      <h2>{title}</h2>
      <div className="diff-scroll">
        <table className="diff-table">
          <thead>
            <tr>
              <th scope="col">What</th>
              <th scope="col">A</th>
              <th scope="col">B</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, a, b }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{a ?? <span className="quiet">not there</span>}</td>
                <td>{b ?? <span className="quiet">not there</span>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
