/** What runs where, by service and environment, newest build first: two builds in one group catch the eye. */
import type { Instance } from '../api/instances.ts';

export interface BuildGroup {
  readonly build: string;
  /** The newest install of it. */
  readonly at: number;
  readonly executionId: string;
  /** Not all of its hosts have it from that one. */
  readonly byOthers: boolean;
  readonly hosts: readonly Instance[];
}

export interface InstanceGroup {
  readonly key: string;
  readonly application: string;
  readonly service: string;
  readonly environment: string;
  readonly builds: readonly BuildGroup[];
}

export function groupInstances(instances: readonly Instance[], text: string): readonly InstanceGroup[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const groups = new Map<string, Instance[]>();
  for (const instance of instances) {
    const haystack = Object.values(instance).join(' ').toLowerCase();
    if (!words.every((word) => haystack.includes(word))) continue;
    const key = JSON.stringify([instance.application, instance.service, instance.environment]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [instance]);
    else group.push(instance);
  }
  return [...groups.entries()]
    .flatMap(([key, members]) => {
      const first = members[0];
      if (first === undefined) return [];
      const { application, service, environment } = first;
      return [{ key, application, service, environment, builds: byBuild(members) }];
    })
    .sort((one, other) => one.key.localeCompare(other.key));
}

function byBuild(members: readonly Instance[]): readonly BuildGroup[] {
  const builds = new Map<string, BuildGroup>();
  for (const member of members) {
    const before = builds.get(member.build);
    const newer = before === undefined || member.at > before.at ? member : before;
    const hosts = [...(before?.hosts ?? []), member];
    const { at, executionId } = newer;
    const byOthers = hosts.some((host) => host.executionId !== executionId);
    builds.set(member.build, { build: member.build, at, executionId, byOthers, hosts });
  }
  return [...builds.values()].sort((one, other) => other.at - one.at);
}
