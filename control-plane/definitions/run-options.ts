/** What is said for one start only (orchestration 3.6): just these hosts; not those that have the build already. */
import type { Failure } from '@fairlead/proto/model/failure.ts';
import { selectNodes } from '@fairlead/proto/steps/select-nodes.ts';
import type { PhasePlan, Plan, RunPlan, WorkflowType } from '../engine/plan.ts';
import type { RunOptions } from '../engine/run-options.ts';
import { isJsonObject } from './json-values.ts';
import { whatExists } from './nearest.ts';
import { refuse } from './refuse.ts';

/** What runs where. */
export interface Installed {
  readonly service: string;
  readonly environment: string;
  readonly infrastructure: string;
  readonly host: string;
  readonly build: string;
}

const WITH_HOSTS: readonly WorkflowType[] = ['BASIC', 'ROLLING', 'CANARY'];
const WITH_SKIPPING: readonly WorkflowType[] = [...WITH_HOSTS, 'MULTI_SERVICE'];

/** Stages are started by their pipeline, not by a person who could name hosts. */
export const refuseOptions = ({ hosts }: RunOptions, pipeline: string): readonly Failure[] =>
  hosts === undefined
    ? []
    : [refuse('hosts', `'${pipeline}' is a pipeline, and hosts is for workflows started alone`, 'Leave it out.')];

/** For the plan, so that a rerun does the same. */
export const saidFor = ({ hosts, skipSameVersion }: RunOptions): Pick<Plan, 'options'> =>
  hosts === undefined && skipSameVersion !== true
    ? {}
    : {
        options: {
          ...(hosts === undefined ? {} : { hosts }),
          ...(skipSameVersion === true ? { skipSameVersion } : {}),
        },
      };

export function withOptions(
  run: RunPlan,
  { hosts, skipSameVersion = false }: RunOptions,
  installed: readonly Installed[],
  failures: Failure[],
): RunPlan {
  if (hosts !== undefined && skipSameVersion) {
    const reason = 'hosts that are named are deployed to, whatever they have';
    failures.push(refuse('skipSameVersion', reason, 'Give hosts or skipSameVersion, not both.'));
    return run;
  }
  if (hosts !== undefined) return onlyOn(run, hosts, failures);
  return skipSameVersion ? withoutSame(run, installed, failures) : run;
}

function onlyOn(run: RunPlan, hosts: readonly string[], failures: Failure[]): RunPlan {
  const [first, ...later] = run.phases;
  const problem = whyNotOnly(run, hosts);
  if (problem !== null || first === undefined) {
    if (problem !== null) failures.push(refuse('hosts', problem.reason, problem.mend, problem.existing));
    return run;
  }
  const skipped = `only ${hosts.join(', ')} ${hosts.length === 1 ? 'was' : 'were'} asked for`;
  return { ...run, phases: [selecting(first, hosts), ...later.map((phase) => ({ ...phase, skipped }))] };
}

interface Problem {
  readonly reason: string;
  readonly mend: string;
  readonly existing?: readonly string[];
}

function whyNotOnly({ type, phases, workflow }: RunPlan, hosts: readonly string[]): Problem | null {
  const mend = 'Leave hosts out.';
  const [first] = phases;
  if (first === undefined || !WITH_HOSTS.some((each) => each === type)) {
    const types = 'basic, rolling and canary workflows';
    return { reason: `'${workflow.name}' takes no hosts: only ${types} do`, mend };
  }
  if (new Set(phases.map((phase) => phase.service?.id)).size > 1) {
    return { reason: `'${workflow.name}' deploys several services, and hosts are of one`, mend };
  }
  if (!stepsOf(first).some((step) => step.type === selectNodes.type)) {
    return { reason: `'${workflow.name}' selects no hosts, so there is nothing to choose instead`, mend };
  }
  if (first.hostsFrom !== undefined) return { reason: madeLater(first), mend };
  const existing = first.hosts.map((host) => host.name);
  if (hosts.length === 0) return { reason: 'no host is named', mend: `Name some of ${existing.join(', ')}.`, existing };
  const stranger = hosts.find((host) => !existing.includes(host));
  if (stranger === undefined) return null;
  return { reason: `there is no host '${stranger}'`, mend: whatExists(stranger, existing, 'host'), existing };
}

const madeLater = ({ infrastructure, hostsFrom }: PhasePlan): string =>
  `the hosts of '${infrastructure?.name ?? ''}' are not known before the provisioner '${hostsFrom?.provisioner ?? ''}' has made them`;

const stepsOf = ({ sections }: PhasePlan) => sections.flatMap((section) => section.steps);

/** In one pass, also of a rolling workflow. */
const selecting = (phase: PhasePlan, hosts: readonly string[]): PhasePlan => ({
  ...phase,
  rolling: false,
  sections: phase.sections.map((section) => ({
    ...section,
    steps: section.steps.map((step) =>
      step.type === selectNodes.type && isJsonObject(step.parameters)
        ? { ...step, parameters: { hosts, exclude: step.parameters['exclude'] ?? true } }
        : step,
    ),
  })),
});

function withoutSame(run: RunPlan, installed: readonly Installed[], failures: Failure[]): RunPlan {
  const { type, phases, workflow, environment } = run;
  if (!WITH_SKIPPING.some((each) => each === type)) {
    const reason = `'${workflow.name}' cannot leave hosts out: basic, rolling, canary and multi-service workflows can`;
    failures.push(refuse('skipSameVersion', reason, 'Leave it out.'));
    return run;
  }
  return { ...run, phases: phases.map((phase) => left(phase, environment?.name ?? '', installed, failures)) };
}

function left(phase: PhasePlan, environment: string, installed: readonly Installed[], failures: Failure[]): PhasePlan {
  const { artifact, service, infrastructure } = phase;
  if (artifact === null) {
    const reason = `the service '${service?.name ?? ''}' has no artifact, so there is no version to compare`;
    failures.push(refuse('skipSameVersion', reason, 'Leave it out.'));
    return phase;
  }
  if (phase.hostsFrom !== undefined) {
    failures.push(refuse('skipSameVersion', madeLater(phase), 'Leave it out.'));
    return phase;
  }
  const same = new Set(
    installed
      .filter((each) => each.service === service?.name && each.infrastructure === infrastructure?.name)
      .filter((each) => each.environment === environment && each.build === artifact.build)
      .map((each) => each.host),
  );
  const names = phase.hosts.map((host) => host.name);
  const leftOut = names.filter((name) => same.has(name));
  if (leftOut.length === 0) return phase;
  const rest = { ...phase, hosts: phase.hosts.filter((host) => !same.has(host.name)), leftOut };
  return rest.hosts.length > 0 ? rest : { ...rest, skipped: `every host has build ${artifact.build} already` };
}
