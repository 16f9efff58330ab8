/**
 * What a run finds deployed where it goes (orchestration 10.3): what earlier stages of its execution have put there, or what
 * somebody else has since. A rollback goes back to the last success, whenever the run was planned.
 */
import type { ExecutionId, NodeId } from '@fairlead/proto/model/ids.ts';
import { sameJson } from '@fairlead/proto/model/json.ts';
import type { ArtifactRef } from '@fairlead/proto/model/task.ts';
import { artifactFamily } from '../definitions/plan-families.ts';
import { runWithFound } from '../engine/evolve/found-there.ts';
import type { Execution } from '../engine/execution.ts';
import type { FoundThere, RunPlan } from '../engine/plan.ts';
import { planOfRun } from '../engine/plan-of.ts';
import { putThere } from '../engine/put-there.ts';
import { successAt, type Rows } from '../ports/rows.ts';
import { lastGoodIn } from './plan-lookups.ts';
import { deployedBy, restoresOfRun } from './restores.ts';

type Told = Pick<Execution, 'id' | 'plan' | 'runs'>;

/** When it gets its lock: whoever held it before may have succeeded since the run was planned. */
export async function foundThere(rows: Rows, execution: Execution, runId: NodeId): Promise<readonly FoundThere[]> {
  const run = execution.runs.find((each) => each.id === runId);
  if (run === undefined) return [];
  const plan = planOfRun(execution, run);
  // What takes something back knows since then what was there before.
  return plan.undoing === true || execution.plan.rollbackOf !== undefined ? [] : findThere(rows, execution, plan);
}

/** Runs that are planned when earlier stages have ended, in this execution or in the one that it goes on with. */
export const runsWithFound = async (rows: Rows, told: Told, runs: readonly RunPlan[]): Promise<readonly RunPlan[]> =>
  Promise.all(runs.map(async (run) => runWithFound(run, await findThere(rows, told, run))));

/** Only of phases that find something else than was planned. */
async function findThere(rows: Rows, told: Told, run: RunPlan): Promise<readonly FoundThere[]> {
  const { name } = run.workflow;
  const known = restoresOfRun(told.plan, run);
  const found: FoundThere[] = [];
  for (const { id: phaseId, mapping, rollbackArtifact: planned } of run.phases) {
    const there = mapping === null ? null : await thereNow(rows, told, name, mapping);
    if (there === null) continue;
    const restores = known.find((each) => each.mapping === mapping)?.executionId ?? there.deployedBy;
    if (restores === there.deployedBy && sameJson(there.artifact, planned)) continue;
    const { artifact, deployedBy: by } = there;
    found.push({ phaseId, rollbackArtifact: artifact, family: artifactFamily(artifact), deployedBy: by });
  }
  return found;
}

interface There {
  readonly artifact: ArtifactRef;
  readonly deployedBy: ExecutionId;
}

/** Rows are written behind the journal, so what this execution has done is read from itself. */
async function thereNow(rows: Rows, told: Told, name: string, mapping: string): Promise<There | null> {
  const own = putThere(told, mapping);
  const row = await rows.lastSuccess({ name, mapping });
  const at = row === null || row.executionId === told.id ? null : successAt(row, { name, mapping });
  if (row === null || at === null || (own !== null && own.at >= at)) return own;
  const artifact = lastGoodIn(row, mapping);
  return artifact === null ? own : { artifact, deployedBy: deployedBy(row, name, mapping) };
}
