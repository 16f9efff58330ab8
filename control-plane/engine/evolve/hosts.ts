/** The bookkeeping of hosts that a provisioner has made. */
import { changedExecution } from '../changed.ts';
import type { EventOf } from '../events.ts';
import type { Execution } from '../execution.ts';
import type { RunPlan } from '../plan.ts';
import { findRun } from '../tree.ts';
import { withRunPlans } from './run-plan.ts';

export function withHosts(execution: Execution, { stepId, phases, hosts }: EventOf<'HostsProvided'>): Execution {
  const run = findRun(execution, stepId);
  if (run === undefined) return execution;
  const told = (of: RunPlan): RunPlan => ({
    ...of,
    phases: of.phases.map((phase) => (phases.includes(phase.id) ? { ...phase, hosts } : phase)),
  });
  return changedExecution(execution, { plan: withRunPlans(execution.plan, run, (before) => [told(before)]) });
}
