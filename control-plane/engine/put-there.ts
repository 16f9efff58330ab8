/**
 * What runs of this execution have put where another one goes: the last success there, as long as nobody else has put
 * something there since (orchestration 10.3). Its row says so only later.
 */
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { Json, JsonObject } from '@fairlead/proto/model/json.ts';
import type { ArtifactRef } from '@fairlead/proto/model/task.ts';
import type { Execution, Phase, Run } from './execution.ts';
import type { PhasePlan, Plan, RunPlan, StagePlan } from './plan.ts';
import { planOfPhase } from './plan-of.ts';
import { effectOf, withChecksum } from './step-effect.ts';
import { lastAttempt } from './tree.ts';

export interface PutThere {
  readonly artifact: ArtifactRef;
  /** What expressions call `artifact` in the run that has put it there. */
  readonly family: JsonObject;
  /** When that run had succeeded. */
  readonly at: number;
  readonly deployedBy: ExecutionId;
}

type Told = Pick<Execution, 'id' | 'plan' | 'runs'>;

/** Null: none of them. `ran`: without those that are taken over from an earlier execution. */
export function putThere({ id, plan, runs }: Told, mapping: string, ran = false): PutThere | null {
  let newest: PutThere | null = null;
  for (const stage of plan.stages) {
    for (const run of runs) {
      if (run.stageId !== stage.id || run.status !== 'SUCCESS' || run.endedAt === null) continue;
      const taken = stage.takenOver?.find((each) => each.runId === run.planId);
      if (taken !== undefined && ran) continue;
      const phase = taken === undefined ? putBy(stage, run, mapping) : phaseAt(taken.rollback, mapping);
      if (phase?.artifact == null || (newest !== null && newest.at > run.endedAt)) continue;
      const { artifact, families } = phase;
      const deployedBy = taken === undefined ? id : (taken.executionId ?? fromOf(plan));
      newest = { artifact, family: objectOr(families['artifact']), at: run.endedAt, deployedBy };
    }
  }
  return newest;
}

const fromOf = ({ resumes, executionId }: Plan): ExecutionId => resumes?.from ?? executionId;

const objectOr = (value: Json | undefined): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}; // Just looked at.

/** The phases that take it back are those that have deployed something. */
const phaseAt = (plan: RunPlan | null, mapping: string): PhasePlan | undefined =>
  plan?.phases.find((phase) => phase.mapping === mapping);

/** With the checksum that the hosts have told. */
function putBy(stage: StagePlan, run: Run, mapping: string): PhasePlan | undefined {
  const plan = stage.runs.find((each) => each.id === run.planId);
  if (plan === undefined || plan.undoing === true) return undefined;
  for (const phase of run.phases.toReversed()) {
    const phasePlan = phase.kind === 'FORWARD' ? planOfPhase(plan, phase) : null;
    if (phasePlan?.mapping !== mapping) continue;
    const artifact = putIn(plan, phasePlan, phase);
    if (artifact !== null) return { ...phasePlan, artifact };
  }
  return undefined;
}

function putIn(plan: RunPlan, phasePlan: PhasePlan, { sections }: Phase): ArtifactRef | null {
  for (const { planId, steps } of sections) {
    const planned = phasePlan.sections.find((section) => section.id === planId)?.steps ?? [];
    for (const step of steps) {
      const stepPlan = planned.find((each) => each.id === step.planId);
      const effect = stepPlan === undefined ? null : effectOf(stepPlan, phasePlan, plan, false);
      if (effect === null) continue;
      const results = step.tasks.flatMap((task) => lastAttempt(task)?.result ?? []);
      const done = results.find(({ outcome }) => outcome === 'SUCCESS');
      if (done !== undefined) return withChecksum(effect.artifact, done.outputs);
    }
  }
  return null;
}
