import type { DiffSide, ExecutionDiff } from '@fairlead/proto/diff.ts';
import { isToldApart } from '@fairlead/proto/diff.ts';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { diffExecutions } from '../api/history.ts';
import { usePageMark } from '../browser/page-mark.ts';
import { DiffSteps } from '../parts/diff-steps.tsx';
import { DiffTable } from '../parts/diff-table.tsx';
import { Ago } from '../parts/elapsed.tsx';
import { ErrorMessage } from '../parts/message.tsx';
import { StatusLabel } from '../parts/status-icon.tsx';
import { executionPath, Link } from '../router.tsx';
import { definitionRows, hostRows, partingRows } from '../state/diff-rows.ts';
import { elapsedText } from '../state/time-text.ts';

export function DiffPage({ a, b }: { readonly a: string; readonly b: string }): ReactNode {
  usePageMark('Two executions · Fairlead', null);
  const { data, error } = useQuery({ queryKey: ['diff', a, b], queryFn: () => diffExecutions(a, b) });
  if (error !== null && data === undefined) return <ErrorMessage error={error} />;
  if (data === undefined) return <p className="loading">Comparing…</p>;
  return (
    <div className="list-page">
      <div className="list-head">
        <h1>Two executions side by side</h1>
      </div>
      <div className="groups diff">
        <div className="diff-sides">
          <Side name="A" side={data.a} />
          <Side name="B" side={data.b} />
        </div>
        {isAlike(data) && <p className="diff-none">No difference: they were made of the same and did the same.</p>}
        <DiffTable title="Where their paths part" rows={partingRows(data)} />
        <DiffTable title="Artifacts" rows={data.artifacts} />
        <DiffTable title="Variables" rows={data.variables} />
        <DiffTable title="Hosts" rows={hostRows(data)} />
        <DiffTable title={`Definition, revision ${data.a.revision} → ${data.b.revision}`} rows={definitionRows(data)} />
        <DiffTable title="Outputs" rows={data.outputs} />
        <DiffSteps steps={data.steps} />
      </div>
    </div>
  );
}

function Side({ name, side }: { readonly name: string; readonly side: DiffSide }): ReactNode {
  return (
    <section className="group" aria-label={name}>
      <h2>
        {name} · <Link to={executionPath(side.executionId)}>{side.name}</Link>
      </h2>
      <p>
        <StatusLabel status={side.status} />{' '}
        {side.durationMs === null ? 'not ended' : `took ${elapsedText(side.durationMs)}`}
      </p>
      <p className="quiet">
        started <Ago at={side.startedAt} /> by {side.actor} · {side.executionId}
      </p>
    </section>
  );
}

const isAlike = (it: ExecutionDiff): boolean =>
  it.decisions === null &&
  [it.artifacts, it.variables, it.hosts, it.definition, it.outputs].every((each) => each.length === 0) &&
  !it.steps.some(isToldApart);
