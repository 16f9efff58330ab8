/** What a control plane with thousands of agents is asked for; each answers what it took. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { listAgents } from '../../control-plane/app/list-agents.ts';
import type { Replica } from '../../control-plane/app/replica.ts';
import type { Plan } from '../../control-plane/engine/plan.ts';
import { anybodyPlan, eachPlan } from './steps-plan.ts';

/** Tasks of one execution. */
const TOGETHER = 50;

type Run = (make: (id: string) => Plan) => Promise<void>;

/** A task for each agent `n0`, `n1` …, all at once. */
export async function oneEach(run: Run, agents: number): Promise<void> {
  const names = Array.from({ length: agents }, (_, index) => `n${index}`);
  await together(run, agents, (id, from) => eachPlan(id, names.slice(from, from + TOGETHER)));
}

/** So many tasks that any of the agents may do, all at once: most of them wait until one is free. */
export const anybody = (run: Run, tasks: number): Promise<void> =>
  together(run, tasks, (id) => anybodyPlan(id, TOGETHER));

async function together(run: Run, tasks: number, make: (id: string, from: number) => Plan): Promise<void> {
  const runs: Promise<void>[] = [];
  for (let from = 0; from < tasks; from += TOGETHER) runs.push(run((id) => make(id, from)));
  await Promise.all(runs);
}

/** Used by this process since its start. Milliseconds. */
export function processor(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** The list of all agents, as a page asks for it. Milliseconds each. */
export async function lists(replica: Replica, count: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let each = 0; each < count; each += 1) {
    const began = performance.now();
    JSON.stringify(await listAgents(replica));
    times.push(performance.now() - began);
  }
  return times;
}

/** The longest time in which nothing else could be done, since the start. Milliseconds. */
export function watchPauses(): () => number {
  const delays = monitorEventLoopDelay({ resolution: 10 });
  delays.enable();
  return () => delays.max / 1e6;
}
