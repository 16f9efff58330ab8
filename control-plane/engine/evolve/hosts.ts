/** The bookkeeping of hosts that a provisioner has made. */
import type { EventOf } from '../events.ts';
import type { Execution } from '../execution.ts';
import type { RunPlan } from '../plan.ts';
import { findRun } from '../tree.ts';

export function withHosts(execution: Execution, { stepId, phases, hosts }: EventOf<'HostsProvided'>): Execution {
  const run = findRun(execution, stepId);
  const { plan } = execution;
  const told = (of: RunPlan): RunPlan => ({
    ...of,
    phases: of.phases.map((phase) => (phases.includes(phase.id) ? { ...phase, hosts } : phase)),
  });
  const stages = plan.stages.map((stage) =>
    stage.id === run?.stageId
      ? { ...stage, runs: stage.runs.map((each) => (each.id === run.planId ? told(each) : each)) }
      : stage,
  );
  return { ...execution, plan: { ...plan, stages } };
}
