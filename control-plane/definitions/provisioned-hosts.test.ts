import { describe, expect, it } from 'vitest';
import { catalogOf, problemsOf } from './catalog-fixture.ts';
import { explainCatalog, printDefinitions } from './explain.ts';
import { buildPlan } from './plan.ts';
import { request } from './plan-fixture.ts';

const definition = (infrastructure: string, workflow: string, more = ''): string => `fairlead: v1
application: shop
provisioners:
  fleet: { provision: 'make it', destroy: 'take it away' }
services:
  web:
    type: ssh/tar
    artifact: { directory: /builds, match: 'web-(?<build>\\d+)\\.tgz' }
    start: bin/start
    stop: bin/stop
environments:
  prod:
    infrastructure:
      dc1: { ${infrastructure}, login: { user: deploy, key: 'secret:file:/keys/deploy' } }
${more}
workflows:
  ship: { service: web, ${workflow} }
`;

const MADE = 'hostsFrom: fleet';
const canary = (before: string, environment = 'prod'): string =>
  `type: canary, environment: ${environment}, ${before}phases: [{ hosts: 50% }, { hosts: 100% }]`;
const PROVISIONS = 'before: [{ provision: fleet }], ';

describe('an infrastructure whose hosts a provisioner makes', () => {
  const text = definition(MADE, canary(PROVISIONS));

  it('is printed as it was written, explained with the output, and the same again', () => {
    const catalog = catalogOf(text);
    expect(printDefinitions(catalog)).toContain('provisioner: fleet');
    expect(printDefinitions(catalog)).not.toContain('output:');
    const explained = explainCatalog(catalog);
    expect(explained).toMatch(/hostsFrom:\n\s+provisioner: fleet\n\s+output: hosts\n/);
    expect(explainCatalog(catalogOf(explained))).toBe(explained);
  });

  it('is planned without hosts, with where they come from and how they are entered', () => {
    const named = definition('hostsFrom: { provisioner: fleet, output: machines }', canary(PROVISIONS));
    const planned = buildPlan(catalogOf(named), 1, request({ name: 'ship' }));
    const phases = planned.ok ? (planned.plan.stages[0]?.runs[0]?.phases ?? []) : planned.failures;
    const login = { user: 'deploy', key: { secret: 'file:/keys/deploy' } };
    const told = { hosts: [], hostsFrom: { provisioner: 'fleet', output: 'machines', login } };
    expect(phases).toMatchObject([told, told]);
  });

  it('takes no named hosts, and leaves out none', () => {
    const refused = (more: object): unknown => {
      const planned = buildPlan(catalogOf(text), 1, request({ name: 'ship', ...more }));
      return planned.ok ? null : [...new Set(planned.failures.map(({ field, message }) => `${field}: ${message}`))];
    };
    const why = "the hosts of 'dc1' are not known before the provisioner 'fleet' has made them. Leave";
    expect(refused({ hosts: ['w1'] })).toEqual([expect.stringContaining(`hosts: ${why}`)]);
    expect(refused({ skipSameVersion: true })).toEqual([expect.stringContaining(`skipSameVersion: ${why}`)]);
  });

  it('lets steps read whatever variables the hosts may have', () => {
    const verify = "verify: [{ script: 'echo ${instance.variables.zone}' }]";
    const phases = canary(PROVISIONS).replace('{ hosts: 50% }', `{ hosts: 50%, ${verify} }`);
    expect(problemsOf(definition(MADE, phases))).toEqual([]);
    expect(problemsOf(definition('hosts: [h1]', phases)).join()).toContain('zone');
  });
});

describe('is refused', () => {
  const LACKING = "the infrastructure 'dc1' gets its hosts from the provisioner 'fleet', and";

  it('where the workflow does not run the provisioner, or may run none', () => {
    expect(problemsOf(definition(MADE, canary('')))).toEqual([
      expect.stringContaining(
        `${LACKING} no step of this workflow runs it. Add before: [{ provision: fleet }].`,
      ) as string,
    ]);
    expect(
      problemsOf(
        definition(
          MADE,
          canary(PROVISIONS)
            .replace('environment: prod', 'environment: prod, infrastructure: dc1')
            .replace(PROVISIONS, ''),
        ),
      ),
    ).toEqual([expect.stringMatching(/^workflows\.ship\.infrastructure: the infrastructure 'dc1'/) as string]);
    expect(problemsOf(definition(MADE, 'type: basic, environment: prod'))).toEqual([
      expect.stringContaining(`${LACKING} basic workflows run none. Choose another`) as string,
    ]);
  });

  it('when it is only chosen at the start, too', () => {
    const catalog = catalogOf(definition(MADE, canary('', "'${Environment}'")));
    const planned = buildPlan(catalog, 1, request({ name: 'ship', variables: { Environment: 'prod' } }));
    expect(planned.ok ? [] : planned.failures.map((each) => each.message)).toEqual([
      expect.stringContaining(`${LACKING} no step of this workflow runs it`) as string,
    ]);
  });

  it('where hosts are missing, said twice, or made by nobody', () => {
    const problems = (infrastructure: string): readonly string[] =>
      problemsOf(definition(infrastructure, canary(PROVISIONS)));
    expect(problems('agents: [dc1]').join('\n')).toContain("the infrastructure has no hosts: 'hosts' is missing");
    expect(problems(`hosts: [h1], ${MADE}`).join('\n')).toContain("'hosts' and 'hostsFrom' both say");
    expect(problems('hostsFrom: flet').join('\n')).toContain("there is no provisioner 'flet'. Did you mean 'fleet'?");
    expect(problems('hostsFrom: { provisioner: fleet, output: a-b }').join('\n')).toContain(
      'this is no name of an output',
    );
  });

  it('with what is about hosts that are known', () => {
    const groups = 'groups: { blue: [h1], green: [h2] }';
    const balancer = "loadBalancer: { haproxy: 'unix:/run/haproxy.sock', backend: web }";
    const problems = problemsOf(definition(`${MADE}, ${groups}, ${balancer}`, canary(PROVISIONS)));
    expect(problems.filter((each) => each.includes('a provisioner makes these later'))).toHaveLength(2);
  });
});
