/** Plans of the benches: chains of agent steps, shaped as people write them (a few steps a section, a few sections a phase). */
import type { Plan, StepPlan } from '../../control-plane/engine/plan.ts';
import {
  agentStep,
  hostNamed,
  hostNames,
  phasePlan,
  plan,
  runPlan,
  sectionPlan,
  selectStep,
  stepPlan,
} from '../support/plans.ts';

const STEPS = 4;
const SECTIONS = 5;

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);

/** One step after the other, each a task of an agent; 20 in each of so many phases. */
export function chainPlan(executionId: string, phases: number): Plan {
  const sections = numbers(SECTIONS).map((section) =>
    sectionPlan(
      `s${section}`,
      numbers(STEPS).map((step) => agentStep(`t${step}`)),
    ),
  );
  const hosts = hostNames(2).map(hostNamed);
  return plan([runPlan(numbers(phases).map((phase) => phasePlan(`p${phase}`, sections, { hosts })))], { executionId });
}

export const chainSteps = (phases: number): number => phases * SECTIONS * STEPS;

/** One step on each of so many hosts, batch after batch; all at once when the batch is as large. */
export function rollingPlan(executionId: string, hosts: number, batch: number): Plan {
  const select = sectionPlan('infra', [selectStep({ count: batch, exclude: true })]);
  const sections = [select, sectionPlan('deploy', [stepPlan('install')])];
  const phase = phasePlan('p1', sections, { hosts: hostNames(hosts).map(hostNamed), rolling: batch < hosts });
  return plan([runPlan([phase])], { executionId });
}

/** A step for each of the agents that carry these selectors, at the same time. */
export const eachPlan = (executionId: string, selectors: readonly string[]): Plan =>
  parallelPlan(
    executionId,
    selectors.map((selector, index) => agentStep(`t${index + 1}`, { selectors: [selector] })),
  );

/** So many steps that any agent may do, at the same time. */
export const anybodyPlan = (executionId: string, steps: number): Plan =>
  parallelPlan(
    executionId,
    numbers(steps).map((step) => agentStep(`t${step}`)),
  );

function parallelPlan(executionId: string, steps: readonly StepPlan[]): Plan {
  const sections = [sectionPlan('s1', steps, { parallel: true })];
  return plan([runPlan([phasePlan('p1', sections, { hosts: [] })])], { executionId });
}
