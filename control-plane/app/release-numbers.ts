/**
 * The number of a deployment, counted for each workflow, and that of the last good one where it goes (orchestration 4.5).
 * A start that comes to nothing leaves a gap; no number is given twice.
 */
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { Plan, RunPlan } from '../engine/plan.ts';
import type { Documents } from '../ports/documents.ts';
import { successAt, type ExecutionRow, type Rows } from '../ports/rows.ts';
import { deployedBy } from './restores.ts';

interface World {
  readonly rows: Rows;
  readonly documents: Documents;
}

/** Of what is planned so far: a run that is planned when it is reached has its number then. */
export async function withNumbers(world: World, plan: Plan): Promise<Plan> {
  const stages = [];
  for (const stage of plan.stages) {
    stages.push({ ...stage, runs: await runsWithNumbers(world, plan.executionId, stage.runs) });
  }
  return { ...plan, stages };
}

export async function runsWithNumbers(
  world: World,
  executionId: ExecutionId,
  runs: readonly RunPlan[],
): Promise<readonly RunPlan[]> {
  const numbered: RunPlan[] = [];
  for (const run of runs) numbered.push(await withNumber(world, executionId, run));
  return numbered;
}

async function withNumber({ rows, documents }: World, executionId: ExecutionId, run: RunPlan): Promise<RunPlan> {
  if (run.type === 'APPROVAL' || run.deferred === true) return run;
  const releaseNo = String(await nextNumber(documents, run.workflow.id, `${executionId}/${run.id}`));
  const last = await lastGoodRelease(rows, run);
  const workflow = {
    ...(run.families['workflow'] as JsonObject), // Every run has it.
    releaseNo,
    lastGoodReleaseNo: last?.releaseNo ?? null,
    lastGoodDeploymentDisplayName: last?.displayName ?? null,
  };
  return { ...run, families: { ...run.families, workflow } };
}

/** `by` tells two who count at the same time apart. */
async function nextNumber(documents: Documents, workflowId: string, by: string): Promise<number> {
  for (;;) {
    const known = await documents.get('counters', workflowId);
    const last = Number(known?.body['last'] ?? 0);
    if (known?.body['by'] === by) return last;
    const body = { last: last + 1, by };
    const isOurs =
      known === null
        ? await documents.insert('counters', workflowId, body)
        : await documents.replace('counters', workflowId, known.version, body);
    if (isOurs) return last + 1;
  }
}

interface Release {
  readonly releaseNo: string;
  readonly displayName: string;
}

/** Where it goes to several places, the one that succeeded last at any of them. */
async function lastGoodRelease(rows: Rows, run: RunPlan): Promise<Release | null> {
  const { name } = run.workflow;
  let newest: { readonly at: number; readonly release: Release | null } | null = null;
  for (const mapping of new Set(run.phases.flatMap((phase) => phase.mapping ?? []))) {
    const row = await rows.lastSuccess({ name, mapping });
    const at = row === null ? null : successAt(row, { name, mapping });
    if (row === null || at === null || (newest !== null && newest.at >= at)) continue;
    const by = deployedBy(row, name, mapping);
    const deployment = by === row.executionId ? row : await rows.getExecution(by);
    newest = { at, release: deployment === null ? null : releaseAt(deployment, name, mapping) };
  }
  return newest?.release ?? null;
}

/** As `releaseIn` wrote it; rows of older releases tell of none. */
function releaseAt({ summary }: ExecutionRow, name: string, mapping: string): Release | null {
  const all = (summary['successes'] ?? []) as readonly JsonObject[]; // Written by the projector.
  const { releaseNo, displayName } = all.find((each) => each['name'] === name && each['mapping'] === mapping) ?? {};
  return typeof releaseNo === 'string' && typeof displayName === 'string' ? { releaseNo, displayName } : null;
}

/** What a success of the run is remembered by. */
export function releaseIn({ families }: Pick<RunPlan, 'families'>): Partial<Release> {
  const { releaseNo, displayName } = (families['workflow'] ?? {}) as JsonObject; // A family, where it is.
  return typeof releaseNo === 'string' && typeof displayName === 'string' ? { releaseNo, displayName } : {};
}
