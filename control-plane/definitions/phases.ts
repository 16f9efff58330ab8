/** The phases a workflow is written with: those of `phases:`, or the workflow itself where its type has one phase only. */
import { compact } from './json-values.ts';
import type { LongPhase, LongSection, LongStep, LongWorkflow, Values } from './long-form.ts';
import type { Path } from './problem.ts';

/** What is written for one phase, whatever the type of workflow. */
export interface PhaseSource {
  readonly workflow: LongWorkflow;
  /** Among the phases, from 0. */
  readonly index: number;
  readonly name: string;
  /** Where it stands below the workflow. */
  readonly path: Path;
  readonly service?: string;
  readonly infrastructure?: string;
  /** Where the two stand below the workflow: they may be written once for all phases. */
  readonly servicePath: Path;
  readonly infrastructurePath: Path;
  /** Those of the workflow and its own, which win. */
  readonly serviceVariables?: Values;
  /** `3`, `25%`, an expression, or names. */
  readonly hosts?: string | readonly string[];
  readonly batch?: string;
  readonly verify?: readonly LongStep[];
  readonly sections?: Readonly<Record<string, LongSection>>;
  readonly rollback?: Readonly<Record<string, LongSection>>;
}

/** Types that list their phases; any other has one, and is written as one. */
export const hasPhases = ({ type }: LongWorkflow): boolean => type === 'canary' || type === 'multi-service';

export function phasesOf(workflow: LongWorkflow): readonly PhaseSource[] {
  const { service, infrastructure, serviceVariables, hosts, batch, verify, sections, rollback } = workflow;
  if (workflow.type === 'build') return [];
  if (hasPhases(workflow)) return (workflow.phases ?? []).map((phase, index) => listed(workflow, phase, index));
  const fields = { service, infrastructure, serviceVariables, hosts, batch, verify, sections, rollback };
  const places = { path: [], servicePath: ['service'], infrastructurePath: ['infrastructure'] };
  return [{ workflow, index: 0, name: nameOfPhase(0), ...places, ...compact(fields) }];
}

/** What the phase leaves out, the workflow says for all of them. */
function listed(workflow: LongWorkflow, phase: LongPhase, index: number): PhaseSource {
  const path: Path = ['phases', index];
  const { name = nameOfPhase(index), serviceVariables, ...own } = phase;
  const { service, infrastructure } = workflow;
  const place = (field: 'service' | 'infrastructure'): Path =>
    phase[field] === undefined ? [field] : [...path, field];
  return {
    workflow,
    index,
    name,
    path,
    servicePath: place('service'),
    infrastructurePath: place('infrastructure'),
    serviceVariables: { ...workflow.serviceVariables, ...serviceVariables },
    ...compact({ service, infrastructure }),
    ...own,
  };
}

const nameOfPhase = (index: number): string => `Phase ${index + 1}`;
