/**
 * The task of an attempt, made from the state: with every expression resolved but those only the agent can. Made again
 * at each send, and once when the step starts, so that what cannot be resolved fails the step before anything runs.
 */
import { resolveTemplate, resolveValue, type ResolvedText, type Scope } from '@fairlead/proto/expressions/index.ts';
import { failure, type Failure } from '@fairlead/proto/model/failure.ts';
import { attemptId as idOfAttempt, targetOf, taskId, type AttemptId } from '@fairlead/proto/model/ids.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { Task, TaskContext } from '@fairlead/proto/model/task.ts';
import { stepType } from '@fairlead/proto/steps/index.ts';
import { swapTraffic } from '@fairlead/proto/steps/load-balancer.ts';
import { command } from '@fairlead/proto/steps/ssh.ts';
import type { Execution } from './execution.ts';
import type { PhasePlan } from './plan.ts';
import { planOfStep, type PlannedStep } from './plan-of.ts';
import { scopeOfTask } from './scope.ts';

export type TaskOrFailures =
  { readonly ok: true; readonly task: Task } | { readonly ok: false; readonly failures: readonly Failure[] };

/** The target `-`: on the agent itself, at no host. */
export const ON_AGENT = '-';

export function taskOfAttempt(execution: Execution, id: AttemptId): TaskOrFailures {
  return makeTask(execution, id, id, targetOf(id));
}

/** As if it were the first attempt of a step that has not started yet. */
export function tryTask(execution: Execution, stepId: string, target: string): TaskOrFailures {
  return makeTask(execution, stepId, idOfAttempt(taskId(stepId, target), 1), target);
}

/**
 * A task is made when its step starts and a moment later when it is sent, from the same parts as long as nothing was
 * published in between. A few only, because whatever is kept here is kept alive.
 */
const KEPT = 256;
const recent = new Map<
  AttemptId,
  { readonly of: Pick<Execution, 'plan' | 'outputs'>; readonly made: TaskOrFailures }
>();

function makeTask(execution: Execution, stepId: string, attemptId: AttemptId, target: string): TaskOrFailures {
  const { plan, outputs } = execution;
  const known = recent.get(attemptId);
  if (known?.of.plan === plan && known.of.outputs === outputs) return known.made;
  const made = makeAnew(execution, planOfStep(execution, stepId), attemptId, target);
  recent.set(attemptId, { of: { plan, outputs }, made });
  const [oldest] = recent.keys();
  if (recent.size > KEPT && oldest !== undefined) recent.delete(oldest);
  return made;
}

function makeAnew(execution: Execution, step: PlannedStep, attemptId: AttemptId, target: string): TaskOrFailures {
  const { run, runPlan, phase, phasePlan, section } = step.of;
  const host = target === ON_AGENT ? null : (phasePlan?.hosts.find((each) => each.name === target) ?? null);
  const where = scopeOfTask(execution, { run, phase, step, host });
  const failures: Failure[] = [];
  const parameters = resolveParameters(step, where, failures);
  const context = { ...resolveContext(step, phasePlan, where, failures), ...releasesFor(step) };
  const checked = stepType(step.type)?.parameters.safeParse(parameters);
  if (checked?.success === false && failures.length === 0) {
    for (const issue of checked.error.issues) {
      const field = `parameters.${issue.path.join('.')}`;
      failures.push(failure('INVALID_INPUT', `step '${step.name}': ${field}: ${issue.message}`, { field }));
    }
  }
  if (failures.length > 0) return { ok: false, failures };
  const title = [runPlan.workflow.name, phase.name, section.name, step.name].join(' / ');
  return {
    ok: true,
    task: {
      attemptId,
      executionId: execution.id,
      type: step.type,
      title: host === null ? title : `${title} on ${host.name}`,
      parameters,
      target: host,
      context,
      timeoutMs: step.timeoutMs,
      cancelGraceMs: step.cancelGraceMs,
      idempotent: step.idempotent,
    },
  };
}

/** Old releases go once nothing of the run can fail any more; as older releases planned it, with the last command of a phase. */
function releasesFor({ type, id, of }: PlannedStep): Pick<TaskContext, 'releases' | 'keeps'> {
  const { phase, phasePlan, runPlan, section } = of;
  const release = runPlan.families['timestampId'];
  if (phasePlan?.releases === undefined || typeof release !== 'string') return {};
  if (type !== command.type || phase.kind === 'ROLLBACK' || runPlan.undoing === true) return {};
  const { cleanUp, keep = 1, releases } = phasePlan;
  if (cleanUp !== undefined && phase.kind === 'FORWARD') return { keeps: { keep, good: releases.good } };
  if (cleanUp === undefined && !isLastCommand(phasePlan, section.id, id)) return {};
  return { releases: { id: release, keep, ...releases } };
}

function isLastCommand({ sections }: PhasePlan, sectionId: string, stepId: string): boolean {
  const steps = sections.flatMap((each) => each.steps.map((step) => ({ section: each.id, step })));
  const last = steps.findLast(({ step }) => step.type === command.type);
  return last?.section === sectionId && last.step.id === stepId;
}

/** Fields evaluated on the agent travel as they were written, apart from what is known here already. */
function resolveParameters(step: PlannedStep, where: Scope, failures: Failure[]): JsonObject {
  const onAgent = new Set(stepType(step.type)?.onAgent ?? []);
  const parameters = step.parameters as JsonObject; // The catalog's schemas are all objects.
  const here = Object.fromEntries(Object.entries(parameters).filter(([name]) => !onAgent.has(name)));
  const there = Object.fromEntries(Object.entries(parameters).filter(([name]) => onAgent.has(name)));
  const resolved = resolveValue(here, where);
  if (!resolved.ok) {
    failures.push(...resolved.failures);
    return parameters;
  }
  return { ...withoutDropped(step, resolved.value as JsonObject), ...there };
}

/** No group that people write is called so. */
const LEFT_BEHIND = '(left behind)';

/** A host that was left behind does not have the build, so no group with it gets the traffic (orchestration 9.6). */
function withoutDropped({ type, of: { phase } }: PlannedStep, parameters: JsonObject): JsonObject {
  const { dropped } = phase;
  if (type !== swapTraffic.type || dropped.length === 0) return parameters;
  const groups = parameters['groups'] as Readonly<Record<string, readonly string[]>>; // The plan wrote it by its schema.
  const left = Object.entries(groups).map(([name, hosts]) => [name, hosts.filter((each) => !dropped.includes(each))]);
  return { ...parameters, groups: { ...Object.fromEntries(left), [LEFT_BEHIND]: dropped } };
}

function resolveContext(
  step: PlannedStep,
  phasePlan: PhasePlan | null,
  where: Scope,
  failures: Failure[],
): TaskContext {
  const text = (template: string, field: string): ResolvedText => {
    const resolved = resolveTemplate(template, where);
    if (resolved.ok) return resolved.value;
    failures.push(...resolved.failures.map((each) => ({ ...each, field })));
    return '';
  };
  const plain = (template: string, field: string): string => {
    const resolved = text(template, field);
    if (typeof resolved === 'string') return resolved;
    failures.push(failure('EXPRESSION', `${field} may not hold a secret`, { field }));
    return '';
  };
  const artifact = step.artifact === 'rollback' ? phasePlan?.rollbackArtifact : phasePlan?.artifact;
  const paths = phasePlan?.paths ?? { runtime: '', backup: '', staging: '' };
  return {
    environment: Object.fromEntries(
      Object.entries(phasePlan?.environment ?? {}).map(([name, value]) => [name, text(value, `variables.${name}`)]),
    ),
    layers: (stepType(step.type)?.onAgent.length ?? 0) > 0 ? where.layers : [],
    paths: {
      runtime: plain(paths.runtime, 'RUNTIME_PATH'),
      backup: plain(paths.backup, 'BACKUP_PATH'),
      staging: plain(paths.staging, 'STAGING_PATH'),
    },
    artifact: step.artifact === null ? null : (artifact ?? null),
    mapping: phasePlan?.mapping ?? null,
    configFiles: (phasePlan?.configFiles ?? []).map((file) => ({
      path: plain(file.path, `configFiles.${file.path}`),
      content: text(file.content, `configFiles.${file.path}`),
      mode: file.mode,
    })),
  };
}
