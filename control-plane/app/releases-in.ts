/** What of an execution stays on hosts or lies about there: the next ones keep the one and take away the other. */
import type { Json, JsonObject } from '@fairlead/proto/model/json.ts';
import type { ArtifactRef } from '@fairlead/proto/model/task.ts';
import { isJsonObject } from '../definitions/json-values.ts';
import type { Execution, Run } from '../engine/execution.ts';
import type { PhasePlan, RunPlan } from '../engine/plan.ts';
import { planOfPhase, planOfRun } from '../engine/plan-of.ts';
import type { DeployedRelease } from './good-releases.ts';
import type { Deployed } from './installs.ts';

/** `deployed`: by its successful runs. What a rollback put there is told by the execution that it brings back. */
export function releasesIn(execution: Execution, deployed: readonly Deployed[]): readonly DeployedRelease[] {
  const good = deployed.flatMap(({ run, plan, artifact }) => release(run, plan, artifact, true));
  const failed = execution.runs.flatMap((run) => (run.status === 'SUCCESS' ? [] : leftBy(execution, run)));
  const found = new Map([...failed, ...good].map((each) => [`${each.id}/${each.mapping}/${each.fileName}`, each]));
  return [...found.values()];
}

/** Also a command that failed tells which files it had brought to the host by then. */
function leftBy(execution: Execution, run: Run): readonly DeployedRelease[] {
  const runPlan = planOfRun(execution, run);
  return run.phases.flatMap((phase) => {
    const plan = planOfPhase(runPlan, phase);
    if (plan === null || phase.kind !== 'FORWARD') return [];
    const attempts = phase.sections
      .flatMap((section) => section.steps)
      .flatMap((step) => step.tasks)
      .flatMap((task) => task.attempts);
    return attempts.flatMap(({ result }) => {
      const { fileName, sha256 } = broughtBy(result?.outputs?.['artifact']);
      const isFile = typeof fileName === 'string' && typeof sha256 === 'string';
      return isFile ? release(runPlan, plan, { fileName, sha256 }, false) : [];
    });
  });
}

const broughtBy = (output: Json | undefined): { readonly fileName?: Json; readonly sha256?: Json } =>
  isJsonObject(output ?? null) ? (output as JsonObject) : {}; // Just looked at.

function release(
  run: RunPlan,
  { mapping }: PhasePlan,
  { fileName, sha256 }: Pick<ArtifactRef, 'fileName' | 'sha256'>,
  good: boolean,
): readonly DeployedRelease[] {
  const id = run.families['timestampId'];
  if (run.undoing === true || mapping === null || typeof id !== 'string') return [];
  return [{ workflow: run.workflow.name, mapping, id, fileName, sha256, good }];
}
