/** Which execution deployed first what a rollback brings back: that one is current again afterwards (orchestration 10.6). */
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { Plan, Restored, RunPlan } from '../engine/plan.ts';
import type { ExecutionRow, Rows } from '../ports/rows.ts';

/** At this moment, for everything that the plan deploys. */
export const restoredBy = (rows: Rows, plan: Plan): Promise<readonly Restored[]> =>
  restoredByRuns(
    rows,
    plan.stages.flatMap((stage) => stage.runs),
  );

/** Of runs that are planned when they are reached. */
export const runsWithRestores = async (rows: Rows, runs: readonly RunPlan[]): Promise<readonly RunPlan[]> =>
  Promise.all(runs.map(async (run) => ({ ...run, restores: await restoredByRuns(rows, [run]) })));

/** What a rollback of the run brings back: as it found it itself, or as it was when all was planned. */
export function restoresOfRun({ restores = [] }: Plan, run: RunPlan): readonly Restored[] {
  const { name } = run.workflow;
  const mappings = new Set(run.phases.flatMap(({ mapping }) => mapping ?? []));
  return [...mappings].flatMap((mapping) => {
    const isIt = (each: Restored): boolean => each.workflow === name && each.mapping === mapping;
    return run.restores?.find(isIt) ?? restores.find(isIt) ?? [];
  });
}

/** Of all runs, in their order: what is brought back last at a place is there in the end. */
export function restoresIn(plan: Plan, runs = plan.stages.flatMap((stage) => stage.runs)): readonly Restored[] {
  const all = runs.flatMap((run) => restoresOfRun(plan, run));
  return [...new Map(all.map((each) => [`${each.workflow}/${each.mapping}`, each])).values()];
}

async function restoredByRuns(rows: Rows, runs: readonly RunPlan[]): Promise<readonly Restored[]> {
  const found = new Map<string, Restored>();
  for (const run of runs) {
    for (const { mapping, rollbackArtifact } of run.phases) {
      const workflow = run.workflow.name;
      if (mapping === null || rollbackArtifact === null || found.has(`${workflow}/${mapping}`)) continue;
      const row = await rows.lastSuccess({ name: workflow, mapping });
      if (row === null) continue;
      found.set(`${workflow}/${mapping}`, { workflow, mapping, executionId: deployedBy(row, workflow, mapping) });
    }
  }
  return [...found.values()];
}

/** What was deployed there by the success the row tells of: of a rollback, the deployment that it brought back. */
export function deployedBy(row: ExecutionRow, workflow: string, mapping: string): ExecutionId {
  const restored = (row.summary['restored'] ?? []) as unknown as readonly Restored[]; // Written by the projector.
  return (
    restored.find((each) => each.workflow === workflow && each.mapping === mapping)?.executionId ?? row.executionId
  );
}
