/**
 * What a run finds deployed when it gets its lock (orchestration 10.3): whoever held it before may have succeeded since the
 * run was planned, and a rollback goes back to the last success, not to the one before it.
 */
import { canonicalJson, type Json } from '@fairlead/proto/model/json.ts';
import type { NodeId } from '@fairlead/proto/model/ids.ts';
import { artifactFamily } from '../definitions/plan-families.ts';
import type { Execution } from '../engine/execution.ts';
import type { FoundThere } from '../engine/plan.ts';
import { planOfRun } from '../engine/plan-of.ts';
import type { Rows } from '../ports/rows.ts';
import { lastGoodIn } from './plan-lookups.ts';
import { deployedBy } from './restores.ts';

/** Only of phases that find something else than was planned. */
export async function foundThere(rows: Rows, execution: Execution, runId: NodeId): Promise<readonly FoundThere[]> {
  const run = execution.runs.find((each) => each.id === runId);
  if (run === undefined) return [];
  const { workflow, undoing, phases } = planOfRun(execution, run);
  // What takes something back knows since then what was there before.
  if (undoing === true || execution.plan.rollbackOf !== undefined) return [];
  const found: FoundThere[] = [];
  for (const { id: phaseId, mapping, rollbackArtifact: planned } of phases) {
    if (mapping === null) continue;
    const row = await rows.lastSuccess({ name: workflow.name, mapping });
    const there = row === null || row.executionId === execution.id ? null : lastGoodIn(row, mapping);
    if (row === null || there === null || same(there, planned)) continue;
    const { name } = workflow;
    const family = artifactFamily(there);
    found.push({ phaseId, rollbackArtifact: there, family, deployedBy: deployedBy(row, name, mapping) });
  }
  return found;
}

const same = (a: unknown, b: unknown): boolean => canonicalJson(a as Json) === canonicalJson(b as Json); // Plain data.
