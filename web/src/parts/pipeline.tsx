import type { ExecutionHeader, StageView } from '@fairlead/proto/live.ts';
import type { NodeId } from '@fairlead/proto/model/ids.ts';
import { type ReactNode, useState } from 'react';
import { setQuery } from '../router.tsx';
import { opensItself, statusOfStage, timesOfStage } from '../state/stage-look.ts';
import { labelOf, toneOf } from '../state/status-look.ts';
import { Elapsed } from './elapsed.tsx';
import { StageRun } from './stage-run.tsx';
import { ToneIcon } from './status-icon.tsx';

interface PipelineProps {
  readonly header: ExecutionHeader;
  /** The run that is looked at; null: all of them. */
  readonly chosen: NodeId | null;
}

/** Stages from top to bottom, the runs of one side by side. */
export function Pipeline({ header, chosen }: PipelineProps): ReactNode {
  const [toggled, setToggled] = useState<ReadonlyMap<string, boolean>>(new Map());
  if (header.stages.length === 0) return null;
  return (
    <section className="pipeline" aria-label="Stages">
      <ol>
        {header.stages.map((stage) => (
          <Stage
            key={stage.id}
            header={header}
            stage={stage}
            chosen={chosen}
            open={toggled.get(stage.id) ?? opensItself(stage)}
            toggle={(open) => setToggled((before) => new Map(before).set(stage.id, open))}
          />
        ))}
      </ol>
      {chosen !== null && (
        <button type="button" className="link pipeline-all" onClick={() => setQuery({ run: null, node: null })}>
          Show all runs
        </button>
      )}
    </section>
  );
}

interface StageProps extends PipelineProps {
  readonly stage: StageView;
  readonly open: boolean;
  readonly toggle: (open: boolean) => void;
}

function Stage({ header, stage, chosen, open, toggle }: StageProps): ReactNode {
  const status = statusOfStage(stage);
  const tone = toneOf(status);
  const [only, ...others] = stage.runs;
  const reason = others.length === 0 && !open ? (only?.note ?? null) : null;
  return (
    <li
      className={`stage${stage.takesBack === null ? '' : ' undo'}`}
      data-stage={stage.id}
      data-status={status ?? 'NONE'}
    >
      <button type="button" className="stage-head" aria-expanded={open} onClick={() => toggle(!open)}>
        <span className={`twisty${open ? ' open' : ''}`} aria-hidden="true" />
        <ToneIcon tone={tone} size={16} />
        <span className="stage-name">{stage.takesBack === null ? stage.name : `Takes back ${stage.takesBack}`}</span>
        {reason !== null && <span className="row-note">{reason}</span>}
        <span className="row-end">
          {others.length > 0 && <span className="quiet">{stage.runs.length} runs side by side</span>}
          <span className={`row-status tone-${tone}`}>{labelOf(status)}</span>
          <Elapsed {...timesOfStage(stage)} />
        </span>
      </button>
      {open && (
        <ul className="stage-runs">
          {stage.runs.map((run) => (
            <StageRun key={run.id} header={header} run={run} chosen={run.id === chosen} />
          ))}
        </ul>
      )}
    </li>
  );
}
