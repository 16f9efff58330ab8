/** Which hosts a phase works on (orchestration 3.6): cumulative counts and percentages, batches, named hosts. */
import { resolveTemplate, type Scope } from '@fairlead/proto/expressions/index.ts';
import { failure, type Failure } from '@fairlead/proto/model/failure.ts';
import { selectNodesParameters } from '@fairlead/proto/steps/select-nodes.ts';
import type { Json } from '@fairlead/proto/model/json.ts';
import type { Run } from '../execution.ts';
import type { PhasePlan, RunPlan, StepPlan } from '../plan.ts';
import { planOfPhase } from '../plan-of.ts';
import { SELECT_NODES } from '../step-kinds.ts';

/** `why`: there is no host for it, which is no mistake. */
export type Selection =
  | { readonly ok: true; readonly hosts: readonly string[]; readonly why: string }
  | { readonly ok: false; readonly failure: Failure };

export function selectNodes(run: Run, runPlan: RunPlan, plan: PhasePlan, step: StepPlan, where: Scope): Selection {
  const parsed = selectNodesParameters.safeParse(step.parameters);
  if (!parsed.success)
    return failed(`step '${step.name}': ${parsed.error.issues.map((issue) => issue.message).join('; ')}`);
  const { count, percent, hosts, group } = parsed.data;
  const total = plan.hosts.length;
  const { leftOut = [] } = plan;
  if (total === 0 && leftOut.length > 0) return nobody(`every host has this build already: ${leftOut.join(', ')}`);
  if (total === 0) return { ok: false, failure: noHosts(plan) };
  if (group !== undefined) return grouped(plan, group, where);
  const free = remainingHosts(run, runPlan, plan);
  if (hosts !== undefined) return named(plan, hosts, free, where);
  const wanted = percent === undefined ? amount(count ?? total, where, total) : share(percent, where, total);
  if (typeof wanted !== 'number') return { ok: false, failure: wanted };
  // Cumulative: hosts that earlier phases took count towards the number; a batch of a rolling phase is a number of its own.
  const already = plan.rolling ? 0 : total - free.length;
  const take = Math.max(0, Math.min(wanted - already, free.length));
  // Rounding, or few hosts: a canary made for a hundred must also pass on one.
  if (free.length === 0) return nobody(`earlier phases took all of the ${total} hosts`);
  if (take === 0) return nobody(`${wanted} of ${total} hosts were asked for, and earlier phases took as many`);
  return { ok: true, hosts: free.slice(0, take), why: '' };
}

export function noHosts({ infrastructure, name, hostsFrom }: PhasePlan): Failure {
  const whose = `the infrastructure '${infrastructure?.name ?? name}'`;
  if (hostsFrom === undefined) return failure('NO_HOSTS', `${whose} has no hosts`);
  const why = `${whose} gets its hosts from the provisioner '${hostsFrom.provisioner}', and it gave none`;
  return failure('NO_HOSTS', `${why}: its step was skipped, or its failure passed over`);
}

const nobody = (why: string): Selection => ({ ok: true, hosts: [], why });

/** A phase without Select Nodes works on every host there is. */
export const allHosts = (plan: PhasePlan | null): readonly string[] => plan?.hosts.map((host) => host.name) ?? [];

function named(plan: PhasePlan, written: readonly string[], free: readonly string[], where: Scope): Selection {
  const hosts: string[] = [];
  for (const each of written) {
    const resolved = resolveTemplate(each, where);
    if (!resolved.ok) return { ok: false, failure: resolved.failures[0] ?? unnamed(each) };
    if (typeof resolved.value !== 'string') return { ok: false, failure: unnamed(each) };
    // An expression may come to several names, or to none.
    hosts.push(...(each.includes('${') ? listed(resolved.value) : [each]));
  }
  if (hosts.length === 0) return failed(`no host is named by ${written.join(', ')}`);
  const known = new Set([...plan.hosts.map((host) => host.name), ...(plan.leftOut ?? [])]);
  const strangers = hosts.filter((name) => !known.has(name));
  if (strangers.length > 0) {
    return failed(`no such host: ${strangers.join(', ')}; the infrastructure has ${[...known].join(', ')}`);
  }
  const offered = plan.rolling ? free : plan.hosts.map((host) => host.name);
  const chosen = [...new Set(hosts)].filter((name) => offered.includes(name));
  return { ok: true, hosts: chosen, why: 'every named host has had its turn, or has this build already' };
}

const listed = (text: string): readonly string[] =>
  text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');

const unnamed = (written: string): Failure => failure('EXPRESSION', `the hosts '${written}' cannot be evaluated`);

/** Which group may be known only now: what a step before it found out. */
function grouped(plan: PhasePlan, group: string, where: Scope): Selection {
  const resolved = resolveTemplate(group, where);
  if (!resolved.ok || typeof resolved.value !== 'string') {
    const [first] = resolved.ok ? [] : resolved.failures;
    return { ok: false, failure: first ?? failure('EXPRESSION', `the group '${group}' cannot be evaluated`) };
  }
  const groups = plan.groups ?? {};
  const hosts = Object.hasOwn(groups, resolved.value) ? groups[resolved.value] : undefined;
  if (hosts !== undefined) return { ok: true, hosts, why: `the group '${resolved.value}' is empty` };
  const existing = Object.keys(groups).join(', ') || 'none';
  return failed(`there is no group '${resolved.value}' of hosts; the infrastructure has ${existing}`);
}

/**
 * Hosts that no earlier phase (or batch) of the run has taken for itself. Another service on the same hosts is another
 * matter: it has a mapping of its own.
 */
export function remainingHosts(run: Run, runPlan: RunPlan, plan: PhasePlan): readonly string[] {
  const taken = new Set<string>();
  for (const phase of run.phases) {
    const its = phase.kind === 'FORWARD' ? planOfPhase(runPlan, phase) : null;
    if (its === null || !sharesHosts(its, plan) || !excludes(its)) continue;
    for (const host of phase.hosts ?? []) taken.add(host);
  }
  return plan.hosts.map((host) => host.name).filter((name) => !taken.has(name));
}

const sharesHosts = (a: PhasePlan, b: PhasePlan): boolean =>
  a.infrastructure?.id === b.infrastructure?.id && a.mapping === b.mapping;

/** Batches never overlap; otherwise the phase's own Select Nodes says whether it keeps its hosts from later ones. */
function excludes(plan: PhasePlan): boolean {
  if (plan.rolling) return true;
  const step = plan.sections.flatMap((section) => section.steps).find((each) => each.type === SELECT_NODES);
  const parsed = selectNodesParameters.safeParse(step?.parameters);
  return !parsed.success || parsed.data.exclude;
}

/** Rounded up, at least 1, exactly all at 100. */
export const hostsOfPercent = (percent: number, total: number): number =>
  Math.min(total, Math.max(1, Math.ceil((total * percent) / 100)));

function share(percent: Json, where: Scope, total: number): number | Failure {
  const value = number(percent, where);
  if (typeof value !== 'number') return value;
  if (value <= 0 || value > 100)
    return failure('NO_HOSTS', `${value} % of the hosts: it must be over 0 and at most 100`);
  return hostsOfPercent(value, total);
}

function amount(count: Json, where: Scope, total: number): number | Failure {
  const value = number(count, where);
  if (typeof value !== 'number') return value;
  if (!Number.isInteger(value) || value < 1)
    return failure('NO_HOSTS', `${value} hosts: it must be a whole number of at least 1`);
  return Math.min(value, total);
}

function number(value: Json, where: Scope): number | Failure {
  if (typeof value === 'number') return value;
  const resolved = resolveTemplate(String(value), where);
  if (!resolved.ok) return resolved.failures[0] ?? failure('EXPRESSION', `'${String(value)}' cannot be evaluated`);
  const parsed = typeof resolved.value === 'string' && resolved.value.trim() !== '' ? Number(resolved.value) : NaN;
  return Number.isFinite(parsed) ? parsed : failure('NO_HOSTS', `'${String(value)}' is not a number of hosts`);
}

const failed = (message: string): Selection => ({ ok: false, failure: failure('NO_HOSTS', message) });
