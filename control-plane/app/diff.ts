/** Two executions side by side: what was different about them, and where their paths parted. */
import type { DiffSide, ExecutionDiff, StepSide, ValueDiff } from '@fairlead/proto/diff.ts';
import { canonicalJson, type Json, type JsonObject } from '@fairlead/proto/model/json.ts';
import type { Catalog } from '../definitions/catalog.ts';
import type { Execution, Step } from '../engine/execution.ts';
import type { PhasePlan, RunPlan } from '../engine/plan.ts';
import { diffDefinitions } from './diff-definitions.ts';
import { diffDecisions } from './diff-decisions.ts';
import { headerOf } from './execution-header.ts';
import { viewOf } from './execution-view.ts';
import type { DecidedRecord } from './history.ts';

export interface Compared {
  readonly execution: Execution;
  readonly records: readonly DecidedRecord[];
  /** The definitions of the revision it was planned from. */
  readonly catalog: Catalog;
}

export function diffExecutions(a: Compared, b: Compared, agentName: (id: string) => string): ExecutionDiff {
  const names = new Map([...namesOf(b.execution), ...namesOf(a.execution)]);
  return {
    a: sideOf(a.execution),
    b: sideOf(b.execution),
    definition: diffDefinitions(a, b),
    artifacts: differing(artifactsOf(a.execution), artifactsOf(b.execution)),
    variables: differing(variablesOf(a.execution), variablesOf(b.execution)),
    hosts: diffHosts(a.execution, b.execution),
    outputs: differing(outputsOf(a.execution), outputsOf(b.execution)),
    steps: diffSteps(a.execution, b.execution, names),
    decisions: diffDecisions(a, b, names, agentName),
  };
}

function sideOf(execution: Execution): DiffSide {
  const { executionId, application, name, kind, status, actor, startedAt, endedAt, revision } = headerOf(execution);
  const durationMs = endedAt === null ? null : endedAt - startedAt;
  return { executionId, application, name, kind, status, actor, startedAt, endedAt, durationMs, revision };
}

type Values = ReadonlyMap<string, string>;

function differing(a: Values, b: Values): readonly ValueDiff[] {
  const names = [...new Set([...a.keys(), ...b.keys()])].toSorted();
  return names
    .filter((name) => a.get(name) !== b.get(name))
    .map((name) => ({ name, a: a.get(name) ?? null, b: b.get(name) ?? null }));
}

const runsOf = ({ plan }: Execution): readonly RunPlan[] => plan.stages.flatMap((stage) => stage.runs);
const phasesOf = (execution: Execution): readonly PhasePlan[] => runsOf(execution).flatMap((run) => run.phases);

const artifactsOf = (execution: Execution): Values =>
  new Map(
    phasesOf(execution).flatMap(({ service, artifact }) =>
      service === null || artifact === null ? [] : [[service.name, artifact.build] as const],
    ),
  );

/** Of all that expressions see, what people set. */
const SET_BY_PEOPLE = /(^|\.)(variables|serviceVariable|environmentVariable|defaults)\./;

function variablesOf(execution: Execution): Values {
  const values = new Map<string, string>();
  const runs = runsOf(execution);
  const add = (prefix: string, families: JsonObject): void => {
    for (const [name, value] of flatten(families)) if (SET_BY_PEOPLE.test(name)) values.set(`${prefix}${name}`, value);
  };
  for (const run of runs) {
    add(runs.length > 1 ? `${run.id}: ` : '', run.families);
    for (const phase of run.phases) add(phase.service === null ? '' : `${phase.service.name}: `, phase.families);
  }
  return values;
}

/** What was published, by whom, and every value of it. */
function outputsOf(execution: Execution): Values {
  const values = new Map<string, string>();
  for (const output of execution.outputs) {
    // A pipeline's belong to the execution itself.
    const owner = output.owner.slice(execution.id.length + 1);
    for (const [name, value] of flatten(output.values))
      values.set(`${owner === '' ? '' : `${owner}: `}${output.name}.${name}`, value);
  }
  return values;
}

/** `{a: {b: 1}}` as `a.b` → `1`. */
function flatten(value: JsonObject, prefix = ''): readonly (readonly [string, string])[] {
  return Object.entries(value).flatMap(([name, each]) =>
    isObject(each)
      ? flatten(each, `${prefix}${name}.`)
      : [[`${prefix}${name}`, typeof each === 'string' ? each : canonicalJson(each)] as const],
  );
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Hosts that were worked on, by phase of the plan. */
function hostsOf(execution: Execution): ReadonlyMap<string, ReadonlySet<string>> {
  const hosts = new Map<string, Set<string>>();
  for (const run of execution.runs) {
    const plan = runsOf(execution).find((each) => each.id === run.planId);
    for (const phase of run.phases) {
      if (phase.kind !== 'FORWARD' || phase.hosts === null) continue;
      const name = plan?.phases.find((each) => each.id === phase.planId)?.name ?? phase.name;
      const known = hosts.get(name) ?? new Set<string>();
      for (const host of phase.hosts) if (!phase.dropped.includes(host)) known.add(host);
      hosts.set(name, known);
    }
  }
  return hosts;
}

function diffHosts(a: Execution, b: Execution): ExecutionDiff['hosts'] {
  const left = hostsOf(a);
  const right = hostsOf(b);
  return [...new Set([...left.keys(), ...right.keys()])].flatMap((phase) => {
    const [inA, inB] = [left.get(phase) ?? new Set<string>(), right.get(phase) ?? new Set<string>()];
    const onlyA = [...inA].filter((host) => !inB.has(host));
    const onlyB = [...inB].filter((host) => !inA.has(host));
    return onlyA.length + onlyB.length === 0 ? [] : [{ phase, onlyA, onlyB }];
  });
}

/** Node id without the execution's own → `Phase 1 / Deploy Service / Install`. */
function namesOf(execution: Execution): ReadonlyMap<string, string> {
  const paths = new Map<string, string>();
  for (const { id, parent, name } of viewOf(execution, 0, (agentId) => agentId).nodes) {
    const above = parent === null ? undefined : paths.get(parent.slice(execution.id.length + 1));
    // The run goes without saying where there is one.
    const path =
      parent === null && execution.runs.length === 1
        ? ''
        : above === undefined || above === ''
          ? name
          : `${above} / ${name}`;
    paths.set(id.slice(execution.id.length + 1), path);
  }
  return paths;
}

function stepsOf(execution: Execution): ReadonlyMap<string, Step> {
  const steps = execution.runs.flatMap((run) =>
    run.phases.flatMap((phase) => phase.sections.flatMap((section) => section.steps)),
  );
  return new Map(steps.map((step) => [step.id.slice(execution.id.length + 1), step]));
}

const stepSide = (step: Step | undefined): StepSide | null =>
  step === undefined
    ? null
    : {
        status: step.status,
        durationMs: step.endedAt === null ? null : step.endedAt - step.startedAt,
        attempts: step.tasks.reduce((sum, task) => sum + task.attempts.length, 0),
      };

/** Every step of either, in the order of the first. */
function diffSteps(a: Execution, b: Execution, names: ReadonlyMap<string, string>): ExecutionDiff['steps'] {
  const left = stepsOf(a);
  const right = stepsOf(b);
  return [...new Set([...left.keys(), ...right.keys()])].map((node) => ({
    node,
    name: names.get(node) ?? node,
    a: stepSide(left.get(node)),
    b: stepSide(right.get(node)),
  }));
}
