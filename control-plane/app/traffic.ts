/** Which hosts the traffic goes to, as the swaps of an execution left it: a row says so beside what runs there. */
import { z } from 'zod';
import type { Execution } from '../engine/execution.ts';
import { planOfPhase, planOfRun, planOfStep } from '../engine/plan-of.ts';
import { lastAttempt } from '../engine/tree.ts';
import type { InstanceRow, Rows } from '../ports/rows.ts';

interface Swapped {
  readonly service: string;
  readonly environment: string;
  readonly infrastructure: string;
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly to: string;
  readonly endedAt: number;
}

const outputs = z.looseObject({ to: z.string() });

/** The last swap that succeeded, of each place. */
function swapsOf(execution: Execution): readonly Swapped[] {
  const last = new Map<string, Swapped>();
  for (const run of execution.runs) {
    const runPlan = planOfRun(execution, run);
    for (const phase of run.phases) {
      const plan = planOfPhase(runPlan, phase);
      if (plan?.groups === undefined) continue;
      for (const step of phase.sections.flatMap((section) => section.steps)) {
        if (planOfStep(execution, step.id).type !== 'SWAP_TRAFFIC') continue;
        for (const attempt of step.tasks.flatMap((task) => lastAttempt(task) ?? [])) {
          const told = outputs.safeParse(attempt.result?.outputs);
          if (attempt.result?.outcome !== 'SUCCESS' || attempt.endedAt === null || !told.success) continue;
          const place = {
            service: plan.service?.name ?? '-',
            environment: runPlan.environment?.name ?? '-',
            infrastructure: plan.infrastructure?.name ?? '-',
          };
          const swapped = { ...place, groups: plan.groups, to: told.data.to, endedAt: attempt.endedAt };
          last.set(JSON.stringify(place), swapped);
        }
      }
    }
  }
  return [...last.values()];
}

/** The rows of every group with where the traffic goes now: those of this execution, and those that stand. */
export async function withTraffic(
  execution: Execution,
  seq: number,
  own: readonly InstanceRow[],
  rows: Rows,
): Promise<readonly InstanceRow[]> {
  const application = execution.plan.application.name;
  let told = own;
  for (const { groups, to, endedAt, ...place } of swapsOf(execution)) {
    const stands = await rows.listInstances({ application, ...place }, { limit: MOST });
    for (const [group, hosts] of Object.entries(groups)) {
      const traffic = group === to ? 'live' : 'idle';
      for (const host of hosts) {
        const id = [application, place.service, place.environment, place.infrastructure, host].join('/');
        // What this execution put there says it itself; what stood there before is told of the swap.
        if (told.some((row) => row.id === id)) {
          told = told.map((row) => (row.id === id ? { ...row, details: { ...row.details, traffic } } : row));
          continue;
        }
        const row = stands.find((each) => each.id === id);
        if (row === undefined || row.details['removed'] === true || row.details['traffic'] === traffic) continue;
        const details = { ...row.details, traffic, swappedBy: execution.id };
        told = [...told, { ...row, at: Math.max(row.at, endedAt), seq, details }];
      }
    }
  }
  return told;
}

/** Far beyond two groups behind one load balancer. */
const MOST = 10_000;
