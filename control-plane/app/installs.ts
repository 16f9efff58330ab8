/** What an execution put on hosts and took away from them: the rows of what runs where, and what its runs have deployed. */
import type { ArtifactRef } from '@fairlead/proto/model/task.ts';
import type { Execution, Phase } from '../engine/execution.ts';
import type { PhasePlan, RunPlan } from '../engine/plan.ts';
import { planOfPhase, planOfRun, stepPlanOf } from '../engine/plan-of.ts';
import { effectOf, withChecksum } from '../engine/step-effect.ts';
import { lastAttempt } from '../engine/tree.ts';
import { mayHaveTouched } from '../engine/undo-pre.ts';
import type { InstanceRow } from '../ports/rows.ts';

interface Installed {
  readonly phase: Phase;
  readonly plan: PhasePlan;
  readonly run: RunPlan;
  readonly host: string;
  readonly endedAt: number;
  readonly artifact: ArtifactRef;
  readonly removed: boolean;
  /** It was begun there and did not succeed: what runs since then is not known. */
  readonly brokeOff: boolean;
}

/** Every successful step that put an artifact on a host, in the order in which they ended. */
const installs = (execution: Execution): readonly Installed[] => begun(execution).filter((each) => !each.brokeOff);

/** Those, and the steps that did not succeed in it and may have changed something. */
function begun(execution: Execution): readonly Installed[] {
  const found: Installed[] = [];
  for (const run of execution.runs) {
    const runPlan = planOfRun(execution, run);
    for (const phase of run.phases) {
      const plan = planOfPhase(runPlan, phase);
      if (plan === null) continue;
      for (const step of phase.sections.flatMap((section) => section.steps)) {
        const effect = effectOf(stepPlanOf(execution, step.id), plan, runPlan, isBack(execution, runPlan, phase));
        if (effect === null) continue;
        const { artifact: ref, removed } = effect;
        for (const task of step.tasks) {
          const attempt = lastAttempt(task);
          const isDone = attempt?.result?.outcome === 'SUCCESS' && attempt.endedAt !== null;
          if (!isDone && (removed || !task.attempts.some(mayHaveTouched))) continue;
          const artifact = withChecksum(ref, attempt?.result?.outputs);
          found.push({
            phase,
            plan,
            run: runPlan,
            host: task.target,
            endedAt: attempt?.endedAt ?? execution.lastAt,
            artifact,
            removed,
            brokeOff: !isDone,
          });
        }
      }
    }
  }
  return found.toSorted((a, b) => a.endedAt - b.endedAt);
}

const isBack = ({ plan }: Execution, run: RunPlan, phase: Phase): boolean =>
  phase.kind === 'ROLLBACK' || run.undoing === true || plan.rollbackOf !== undefined;

export type Deployed = Pick<Installed, 'run' | 'plan' | 'artifact'>;

/** What a run has deployed stands as soon as it has succeeded, whatever becomes of the pipeline it is part of. */
export function deployedBy(execution: Execution): readonly Deployed[] {
  const successful = execution.runs.filter((run) => run.status === 'SUCCESS');
  if (successful.length === 0) return [];
  const ids = new Set(successful.map((run) => run.planId));
  const put = installs(execution).filter(({ run, removed }) => ids.has(run.id) && !removed);
  return [...put, ...successful.flatMap((run) => swappedBack(planOfRun(execution, run)))];
}

/** Nothing had to be put anywhere for it: the version before was there all the time, and has the traffic again. */
function swappedBack(run: RunPlan): readonly Deployed[] {
  if (run.undoing !== true || run.type !== 'BLUE_GREEN') return [];
  return run.phases.flatMap((plan) => {
    const { rollbackArtifact: artifact } = plan;
    return artifact === null ? [] : [{ run, plan, artifact }];
  });
}

/** Everything that was put anywhere or taken away, oldest first: the rows of what runs, and their history. */
export function instancesOf(execution: Execution, seq: number): readonly InstanceRow[] {
  const done = [...begun(execution), ...removals(execution)].toSorted((a, b) => a.endedAt - b.endedAt);
  const application = execution.plan.application.name;
  return done.map(({ phase, plan, run, host, endedAt, artifact, removed, brokeOff }) => {
    const service = plan.service?.name ?? '-';
    const environment = run.environment?.name ?? '-';
    const infrastructure = plan.infrastructure?.name ?? '-';
    const id = [application, service, environment, infrastructure, host].join('/');
    const { build, fileName, sha256 } = artifact;
    const how = { rollback: isBack(execution, run, phase), removed, ...(brokeOff ? { brokeOff } : {}) };
    const details = { fileName, sha256, workflow: run.workflow.name, actor: execution.plan.actor, ...how };
    const place = { application, service, environment, infrastructure, host };
    return { id, at: endedAt, seq, ...place, build, executionId: execution.id, details };
  });
}

/** Where a first deployment was undone nothing is left: its rollback stopped what it had started. */
function removals(execution: Execution): readonly Installed[] {
  const there = begun(execution);
  return execution.runs.flatMap((run) =>
    run.phases.flatMap((phase) => {
      const { endedAt, undoes } = phase;
      const plan = planOfPhase(planOfRun(execution, run), phase);
      if (undoes === null || endedAt === null || phase.status !== 'SUCCESS' || plan?.rollbackArtifact !== null)
        return [];
      const undone = there.filter((each) => each.phase.id === undoes && phase.hosts?.includes(each.host) === true);
      return undone.map((each) => ({ ...each, phase, endedAt, removed: true, brokeOff: false }));
    }),
  );
}
