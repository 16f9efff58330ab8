/** Which execution deployed first what a rollback brings back: that one is current again afterwards (orchestration 10.6). */
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { Plan, Restored } from '../engine/plan.ts';
import type { ExecutionRow, Rows } from '../ports/rows.ts';

/** At this moment, for everything that the plan deploys. */
export async function restoredBy(rows: Rows, plan: Plan): Promise<readonly Restored[]> {
  const found = new Map<string, Restored>();
  for (const run of plan.stages.flatMap((stage) => stage.runs)) {
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
