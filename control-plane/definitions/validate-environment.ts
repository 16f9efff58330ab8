import type { Scope } from '@fairlead/proto/expressions/index.ts';
import { entitiesOf, namesOf, provisionersOf, type Catalog, type Entity } from './catalog.ts';
import type { LongInfrastructure } from './long-form.ts';
import { whatExists } from './nearest.ts';
import type { Report } from './problem.ts';
import { validateSwapping } from './validate-swap.ts';
import { validateConfigFiles, validateValues } from './validate-service.ts';

export function validateEnvironment(
  environment: Entity<'environment'>,
  catalog: Catalog,
  within: Scope,
  report: Report,
): void {
  const { spec, application } = environment;
  validateValues(spec.variables ?? {}, ['variables'], within, report);
  validateConfigFiles(spec.configFiles ?? {}, ['configFiles'], within, report);
  const services = namesOf(entitiesOf(catalog, 'service', application));
  for (const [service, override] of Object.entries(spec.overrides ?? {})) {
    const path = ['overrides', service];
    if (!services.includes(service)) {
      report(path, `there is no service '${service}'`, whatExists(service, services, 'service'), 'key');
      continue;
    }
    validateValues(override.variables ?? {}, [...path, 'variables'], within, report);
    validateConfigFiles(override.configFiles ?? {}, [...path, 'configFiles'], within, report);
  }
}

export function validateInfrastructure(
  infrastructure: Entity<'infrastructure'>,
  catalog: Catalog,
  within: Scope,
  report: Report,
): void {
  const { spec, application } = infrastructure;
  validateSource(spec, provisionersOf(catalog, application), report);
  const seen = new Set<string>();
  spec.hosts?.forEach((host, index) => {
    const path = ['hosts', index];
    if (seen.has(host.name))
      report([...path, 'name'], `the host '${host.name}' is listed twice`, 'Keep one of the two.');
    seen.add(host.name);
    validateValues(host.variables ?? {}, [...path, 'variables'], within, report);
    for (const field of ['address', 'hostKey'] as const) {
      const value = host[field];
      if (value === undefined) continue;
      if (value.trim() === '' || (field === 'address' && /[\s$]/.test(value))) {
        report(
          [...path, field],
          `'${field}' is no ${field === 'address' ? 'address' : 'key'}`,
          'Write a name or an IP address, without expressions.',
        );
      }
    }
    if (host.name === '-') report([...path, 'name'], "'-' is no name for a host", 'Choose another name.');
  });
  validateSwapping(spec, within, report);
  if (spec.login.key === undefined && spec.login.password === undefined) {
    report(['login'], 'the login has neither key nor password', 'Add key: secret:file:/path/to/the/key.', 'key');
  }
  if (spec.login.passphrase !== undefined && spec.login.key === undefined) {
    report(
      ['login', 'passphrase'],
      'a passphrase opens a key, and there is none',
      'Add key:, or remove passphrase.',
      'key',
    );
  }
  (spec.agents ?? []).forEach((selector, index) => {
    if (!/^[\w.-]+$/.test(selector)) {
      report(['agents', index], `'${selector}' is no selector`, 'Selectors are made of letters, digits, . _ and -.');
    }
  });
  const services = namesOf(entitiesOf(catalog, 'service', application));
  (spec.services ?? []).forEach((service, index) => {
    if (!services.includes(service)) {
      report(['services', index], `there is no service '${service}'`, whatExists(service, services, 'service'));
    }
  });
}

/** Hosts are listed, or made by a provisioner (orchestration 1.8). */
function validateSource(
  { hosts, hostsFrom, groups, loadBalancer }: LongInfrastructure,
  provisioners: Readonly<Record<string, unknown>>,
  report: Report,
): void {
  if (hostsFrom === undefined) {
    if (hosts === undefined) {
      const mend = 'Add hosts: [web-1, web-2], or hostsFrom: with the provisioner that makes them.';
      report([], "the infrastructure has no hosts: 'hosts' is missing", mend, 'key');
    }
    return;
  }
  const { provisioner } = hostsFrom;
  if (hosts !== undefined) {
    report(['hostsFrom'], "'hosts' and 'hostsFrom' both say which hosts there are", 'Keep one of the two.', 'key');
  }
  if (!Object.hasOwn(provisioners, provisioner)) {
    const mend = whatExists(provisioner, Object.keys(provisioners), 'provisioner');
    report(['hostsFrom'], `there is no provisioner '${provisioner}'`, mend);
  }
  const known = 'hosts that are known when the workflow starts, and a provisioner makes these later';
  for (const [field, value] of Object.entries({ groups, loadBalancer })) {
    if (value !== undefined)
      report([field], `'${field}' is about ${known}`, `List the hosts, or remove ${field}.`, 'key');
  }
}
