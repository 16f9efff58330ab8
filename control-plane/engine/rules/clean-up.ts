/**
 * The last thing in a run: what is older than the releases to keep leaves the hosts (orchestration 10.3). Nothing of the run
 * can fail any more by then, so whatever is rolled back finds every release that was there before.
 */
import { isTerminal } from '@fairlead/proto/model/status.ts';
import type { Phase, Run } from '../execution.ts';
import { planOfPhase } from '../plan-of.ts';
import type { PhasePlan, RunPlan } from '../plan.ts';
import { allHosts } from './select-nodes.ts';

export interface CleanUp {
  readonly plan: PhasePlan;
  readonly hosts: readonly string[];
}

/** Null: it was done everywhere, or there is nothing to do. Phases that look at the same directories have one for all. */
export function nextCleanUp(run: Run, runPlan: RunPlan): CleanUp | null {
  if (runPlan.undoing === true) return null;
  const done = new Set<string>();
  for (const phase of run.phases) {
    const plan = phase.kind === 'CLEAN_UP' ? planOfPhase(runPlan, phase) : null;
    if (plan !== null) done.add(placeOf(plan));
  }
  const plan = runPlan.phases.find((each) => isToBeCleaned(run, each) && !done.has(placeOf(each)));
  if (plan === undefined) return null;
  const hosts = runPlan.phases.flatMap((each) => (placeOf(each) === placeOf(plan) ? hostsOf(run, each) : []));
  return { plan, hosts: [...new Set(hosts)] };
}

const isToBeCleaned = (run: Run, plan: PhasePlan): boolean => {
  const { cleanUp, releases } = plan;
  if (cleanUp === undefined || releases === undefined || releases.since >= releases.before) return false;
  return hostsOf(run, plan).length > 0;
};

const placeOf = ({ mapping, paths, environment }: PhasePlan): string => JSON.stringify([mapping, paths, environment]);

/** It was deployed there. */
const hostsOf = (run: Run, plan: PhasePlan): readonly string[] =>
  run.phases
    .filter((phase) => phase.kind === 'FORWARD' && phase.planId === plan.id && hasRun(phase))
    .flatMap((phase) => (phase.hosts ?? allHosts(plan)).filter((host) => !phase.dropped.includes(host)));

const hasRun = ({ status }: Phase): boolean => isTerminal(status) && status !== 'SKIPPED';
