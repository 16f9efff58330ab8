/** What changes places in a blue/green workflow, and whether the infrastructure has it. */
import type { Scope } from '@fairlead/proto/expressions/index.ts';
import { infrastructuresOf, type Catalog } from './catalog.ts';
import { checkText } from './check-text.ts';
import type { LongInfrastructure, LongService } from './long-form.ts';
import { whatExists } from './nearest.ts';
import type { PhaseSource } from './phases.ts';
import type { Report } from './problem.ts';
import type { Settings } from './validate-settings.ts';

/** Groups, load balancer and directories of an infrastructure. */
export function validateSwapping(spec: LongInfrastructure, within: Scope, report: Report): void {
  const hosts = (spec.hosts ?? []).map(({ name }) => name);
  if (spec.groups !== undefined) validateGroups(spec.groups, hosts, report);
  const { loadBalancer: balancer, directories } = spec;
  if (balancer !== undefined) {
    for (const name of Object.keys(balancer.servers ?? {})) {
      if (hosts.includes(name)) continue;
      report(['loadBalancer', 'servers', name], `there is no host '${name}'`, whatExists(name, hosts, 'host'), 'key');
    }
    const names = hosts.map((name) => balancer.servers?.[name] ?? name);
    const twice = names.find((name, index) => names.indexOf(name) < index);
    if (twice !== undefined) {
      report(['loadBalancer', 'servers'], `two hosts are the server '${twice}'`, 'Give each host a server of its own.');
    }
    for (const [name, value] of [['backend', balancer.backend], ...Object.entries(balancer.servers ?? {})] as const) {
      if (/^[A-Za-z0-9_.:-]+$/.test(value)) continue;
      const path = name === 'backend' ? ['backend'] : ['servers', name];
      const mend = 'Write it as in the configuration of HAProxy: letters, digits, - _ . and :';
      report(
        ['loadBalancer', ...path],
        `'${value}' is no name of a ${name === 'backend' ? 'backend' : 'server'}`,
        mend,
      );
    }
  }
  for (const [name, value] of Object.entries(directories ?? {}))
    checkText(value, ['directories', name], within, report);
  if (directories !== undefined && directories.live === directories.stage) {
    report(
      ['directories', 'stage'],
      'stage and live are the same',
      'Write two paths, such as /srv/web/live and /srv/web/stage.',
    );
  }
}

function validateGroups(
  groups: Readonly<Record<string, readonly string[]>>,
  hosts: readonly string[],
  report: Report,
): void {
  const names = Object.keys(groups);
  if (names.length !== 2) {
    report(
      ['groups'],
      `there are two groups, and here ${names.length === 1 ? 'is one' : `are ${names.length}`}`,
      'Write two, such as blue and green.',
    );
  }
  const seen = new Map<string, string>();
  for (const [group, members] of Object.entries(groups)) {
    members.forEach((host, index) => {
      const path = ['groups', group, index];
      const other = seen.get(host);
      if (!hosts.includes(host)) report(path, `there is no host '${host}'`, whatExists(host, hosts, 'host'));
      else if (other !== undefined)
        report(path, `the host '${host}' is in the group '${other}' already`, 'Keep one of the two.');
      seen.set(host, group);
    });
  }
  const left = hosts.filter((host) => !seen.has(host));
  if (left.length > 0) {
    report(['groups'], `in neither group: ${left.join(', ')}`, 'Put every host into one of the groups.');
  }
}

/** `service`: null where it is chosen when the workflow is deployed. */
export function validateSwap(
  phase: PhaseSource,
  settings: Settings,
  service: LongService | null,
  place: { readonly catalog: Catalog; readonly application: string },
  report: Report,
): void {
  const { workflow } = phase;
  if (workflow.type !== 'blue-green') return;
  const swap = workflow.swap ?? 'traffic';
  if (swap === 'directories' && service?.start !== undefined && service.commands?.['Install'] === undefined) {
    report(
      ['swap'],
      'the service starts a process of its own, which would run in the directory that is not served',
      'Swap traffic between two groups of hosts instead; or leave start: out, for a server that runs all the time.',
    );
  }
  const spec = infrastructureOf(settings, place);
  if (spec === null) return;
  const missing = needs(swap).filter((field) => spec[field] === undefined);
  if (missing.length === 0) return;
  const reason = `the infrastructure '${settings.infrastructure}' has no ${missing.join(' and no ')} to swap ${swap}`;
  report(swap === 'traffic' ? ['type'] : ['swap'], reason, MENDS[swap]);
}

const needs = (swap: 'traffic' | 'directories'): readonly ('groups' | 'loadBalancer' | 'directories')[] =>
  swap === 'traffic' ? ['groups', 'loadBalancer'] : ['directories'];

const MENDS = {
  traffic:
    'Add groups: { blue: [...], green: [...] } and loadBalancer: { haproxy: …, backend: … }; or swap: directories to the workflow.',
  directories: 'Add directories: { live: /srv/web/live, stage: /srv/web/stage }.',
} as const;

function infrastructureOf(
  { environment, infrastructure }: Settings,
  { catalog, application }: { readonly catalog: Catalog; readonly application: string },
): LongInfrastructure | null {
  if (environment === null || infrastructure === null) return null;
  return infrastructuresOf(catalog, application, environment).find(({ name }) => name === infrastructure)?.spec ?? null;
}
