import type { HostTarget } from '@fairlead/proto/model/task.ts';

/**
 * What the agent knows of the host the work is about, for `${instance.…}`. The host name is what one connects to: where
 * the infrastructure gives a host an address of its own, that is it.
 */
export function instanceValue(target: HostTarget, path: string): string | undefined {
  switch (path) {
    case 'name':
      return target.name;
    case 'hostName':
    case 'host.hostName':
    case 'host.ip':
    case 'host.publicDns':
      return target.address;
    default: {
      const name = /^(?:host\.)?(?:variables|properties)\.(.+)$/.exec(path)?.[1];
      return name !== undefined && Object.hasOwn(target.variables, name) ? target.variables[name] : undefined;
    }
  }
}
