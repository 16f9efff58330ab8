/**
 * Hosts that exist only once a provisioner has run (orchestration 1.8): one of its outputs lists them. Its step tells them,
 * before any phase begins, and fails where it cannot: what follows is what follows from any failure of a provisioner.
 */
import { failure, type Failure } from '@fairlead/proto/model/failure.ts';
import type { Json } from '@fairlead/proto/model/json.ts';
import type { HostTarget } from '@fairlead/proto/model/task.ts';
import { provisionedHosts, provisioner, type ProvisionedHost } from '@fairlead/proto/steps/provisioner.ts';
import type { Step } from '../execution.ts';
import { planOfRun } from '../plan-of.ts';
import type { StepPlace } from '../place.ts';
import type { HostsFrom, PhasePlan, StepPlan } from '../plan.ts';
import { lastAttempt } from '../tree.ts';
import type { Turn } from '../turn.ts';

/** Null: they are told, or nobody gets any from this step. */
export function provideHosts(turn: Turn, { run, phase, plan }: StepPlace, step: Step): Failure | null {
  if (plan.type !== provisioner.type || phase.kind !== 'PRE') return null;
  const name = nameOf(plan);
  const waiting = planOfRun(turn.execution, run).phases.filter((each) => each.hostsFrom?.provisioner === name);
  const outputs = step.tasks.map((task) => lastAttempt(task)?.result?.outputs ?? {})[0] ?? {};
  // Phases of one infrastructure have the same hosts: they are told once for all of them.
  for (const phases of sameSource(waiting)) {
    const from = phases[0]?.hostsFrom;
    if (from === undefined) continue;
    const hosts = hostsIn(outputs[from.output], from);
    if ('code' in hosts) return hosts;
    turn.emit({ event: 'HostsProvided', stepId: step.id, phases: phases.map((each) => each.id), hosts });
  }
  return null;
}

const nameOf = ({ parameters }: StepPlan): Json | undefined =>
  (parameters as { readonly provisioner?: Json }).provisioner; // The catalog's schemas are all objects.

function sameSource(phases: readonly PhasePlan[]): Iterable<readonly PhasePlan[]> {
  const groups = new Map<string, PhasePlan[]>();
  for (const phase of phases) {
    const key = JSON.stringify([phase.hostsFrom?.output, phase.hostsFrom?.login]);
    groups.set(key, [...(groups.get(key) ?? []), phase]);
  }
  return groups.values();
}

const EXAMPLES = '["web-1", {"name": "web-2", "address": "10.0.0.2"}]';

function hostsIn(
  value: Json | undefined,
  { provisioner: name, output, login }: HostsFrom,
): readonly HostTarget[] | Failure {
  const field = `outputs.${output}`;
  const whose = `the output '${output}' of the provisioner '${name}'`;
  if (value === undefined || value === null) {
    return failure('OUTPUT_MISSING', `${whose} is missing: it tells the hosts, such as ${EXAMPLES}`, { field });
  }
  const parsed = provisionedHosts.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const at = (issue?.path ?? [])
      .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
      .join('');
    const why = Array.isArray(value) ? `${at === '' ? '' : `${at}: `}${issue?.message ?? ''}` : 'it is no list';
    return failure('NO_HOSTS', `${whose} tells no hosts: ${why}. It is a list such as ${EXAMPLES}`, { field });
  }
  const names = parsed.data.map((host) => host.name);
  const twice = names.find((each, index) => names.indexOf(each) < index);
  if (twice !== undefined) return failure('NO_HOSTS', `${whose} lists the host '${twice}' twice`, { field });
  return parsed.data.map((host) => targetOf(host, login));
}

function targetOf(host: ProvisionedHost, login: HostsFrom['login']): HostTarget {
  const { name, address = name, port = 22, hostKey = null, variables = {} } = host;
  const told = Object.entries(variables).map(([key, value]) => [key, String(value)] as const);
  return { name, address, port, login, hostKey, variables: Object.fromEntries(told) };
}
