import type { HostTarget, Login } from '@fairlead/proto/model/task.ts';
import type { PhasePlan } from '../engine/plan.ts';
import { completeInfrastructure } from './complete.ts';
import { mapValues } from './json-values.ts';
import type { LongHost, LongInfrastructure } from './long-form.ts';
import { secretAsTemplate, secretName } from './secret.ts';

export function planHosts(authored: LongInfrastructure): readonly HostTarget[] {
  const { hosts = [], login } = completeInfrastructure(authored);
  return hosts.map((host) => planHost(host, login));
}

/** Where a provisioner tells them while the workflow runs. */
export function planHostsFrom(authored: LongInfrastructure): Pick<PhasePlan, 'hostsFrom'> {
  const { hostsFrom, login } = completeInfrastructure(authored);
  if (hostsFrom?.output === undefined) return {};
  return { hostsFrom: { provisioner: hostsFrom.provisioner, output: hostsFrom.output, login: planLogin(login) } };
}

export function planHost(host: LongHost, authored: LongInfrastructure['login']): HostTarget {
  return {
    name: host.name,
    address: host.address ?? host.name,
    port: host.port ?? 22,
    login: planLogin(authored),
    hostKey: host.hostKey ?? null,
    variables: mapValues(host.variables ?? {}, secretAsTemplate),
  };
}

function planLogin({ user, key, passphrase, password }: LongInfrastructure['login']): Login {
  const reference = (value: string | undefined): { readonly secret: string } | undefined => {
    const name = value === undefined ? null : secretName(value);
    return name === null ? undefined : { secret: name };
  };
  return {
    user,
    ...field('key', reference(key)),
    ...field('passphrase', reference(passphrase)),
    ...field('password', reference(password)),
  };
}

const field = <N extends string, T>(name: N, value: T | undefined): Partial<Record<N, T>> =>
  // A computed key of a literal type: the record has it or is empty.
  (value === undefined ? {} : { [name]: value }) as Partial<Record<N, T>>;
