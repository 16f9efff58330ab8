import { describe, expect, it } from 'vitest';
import { catalogOf, SHOP, withWorkflow } from './catalog-fixture.ts';
import type { Catalog } from './catalog.ts';
import { request } from './plan-fixture.ts';
import { unknownBuild } from './plan-phase.ts';
import { buildPlan, requirements, type DeploymentRequest } from './plan.ts';

const HEAD = 'fairlead: v1\napplication: shop\n';

const refusals = (catalog: Catalog, more: Partial<DeploymentRequest> = {}): readonly string[] => {
  const result = requirements(catalog, { variables: {}, ...more });
  return result.ok ? [] : result.failures.map((each) => `${each.field}: ${each.message}`);
};

describe('refused before anything starts', () => {
  const asking = withWorkflow(`  ship:
    type: basic
    service: \${Service}
    environment: \${Environment}
    inputs:
      Service: { of: ssh/tar }
      ticket: { required: true, pattern: 'CHG-\\d+' }
      level: { values: [low, high], default: low }
      count: { type: number }
      owner: { type: email }
      region: { default: eu, fixed: true }
`);
  const good = { Service: 'web', Environment: 'prod', ticket: 'CHG-1' };

  it('nothing that is right', () => {
    expect(refusals(asking, { variables: good })).toEqual([]);
    expect(refusals(asking, { variables: { ...good, Environment: 'qa', Infrastructure: 'two' } })).toEqual([]);
  });

  it.each([
    {
      given: 'no values',
      variables: {},
      expected: [
        "variables.Service: the input 'Service' has no value and is required. Give it a value: --var Service=…",
        "variables.ticket: the input 'ticket' has no value and is required. Give it a value that matches CHG-\\d+: --var ticket=…",
        "variables.Environment: the input 'Environment' has no value and is required. Give it a value: --var Environment=…",
      ],
    },
    {
      given: 'everything wrong at once',
      variables: { ...good, ticket: 'x', level: 'mid', count: 'three', owner: 'me', region: 'us', nope: '1' },
      expected: [
        "variables.nope: the workflow 'ship' has no input 'nope'. Existing: 'Service', 'ticket', 'level', 'count', 'owner', 'region', 'Environment'.",
        "variables.ticket: input 'ticket': 'x' does not match CHG-\\d+. Give a value that the whole pattern matches.",
        "variables.level: input 'level': 'mid' is not among the allowed values. Choose one of low, high.",
        "variables.count: input 'count': 'three' is no number. Give a number.",
        "variables.owner: input 'owner': 'me' is no e-mail address. Give name@domain.",
        "variables.region: the input 'region' is fixed. Leave it out.",
      ],
    },
    {
      given: 'a service of another type',
      variables: { ...good, Service: 'worker' },
      expected: [
        "variables.Service: the service 'worker' is ssh/jar, and this workflow deploys ssh/tar. Services of that type: web.",
      ],
    },
    {
      given: 'entities that do not exist',
      variables: { ...good, Service: 'wep', Environment: 'production' },
      expected: [
        "variables.Service: there is no service 'wep'. Did you mean 'web'?",
        "variables.Environment: there is no environment 'production'. Existing: 'prod', 'qa'.",
      ],
    },
    {
      given: 'an environment with several infrastructures',
      variables: { ...good, Environment: 'qa' },
      expected: [
        "variables.Infrastructure: the environment 'qa' has 2 infrastructures for the service 'web'. Choose one of one, two: --var Infrastructure=…",
      ],
    },
    {
      given: 'an expression as a value: it would be evaluated with the rights of the workflow',
      variables: { ...good, ticket: '${secrets.getValue("file:/etc/shadow")}' },
      expected: [
        expect.stringContaining('values of inputs are not evaluated'),
        expect.stringContaining('does not match'),
      ],
    },
    {
      given: 'an expression that names nothing, which would be evaluated all the same',
      variables: { ...good, ticket: "${'CHG-'.concat(1 + 1)}" },
      expected: [
        expect.stringContaining('values of inputs are not evaluated'),
        expect.stringContaining('does not match'),
      ],
    },
  ])('$given', ({ variables, expected }) => {
    expect(refusals(asking, { variables })).toEqual(expected);
  });

  it.each([
    { given: { name: 'shp' }, expected: "name: there is no workflow 'shp'. Did you mean 'ship'?" },
    { given: { application: 'nope' }, expected: "application: there is no application 'nope'. Existing: 'shop'." },
    {
      given: { builds: { worker: '1' } },
      expected: "artifacts.worker: the workflow 'ship' does not deploy a service 'worker'. Existing: 'web'.",
    },
  ])('$given', ({ given, expected }) => {
    expect(refusals(catalogOf(SHOP), given)).toEqual([expected]);
  });

  it('an expression that is not the default, which is as it was written', () => {
    const catalog = catalogOf(
      SHOP.replace(
        / {2}ship: .*\n/,
        "  ship: { type: basic, service: web, environment: prod, inputs: { at: '${env.name}' } }\n",
      ),
    );
    expect(refusals(catalog, { variables: { at: '${env.name}' } })).toEqual([]);
    expect(refusals(catalog, { variables: { at: '${env.name} ' } })).toEqual([
      expect.stringContaining('variables.at: '),
    ]);
  });

  it('a name left out where there are several', () => {
    const two = catalogOf(`${SHOP}  second: { type: basic, service: web, environment: prod }\n`);
    expect(refusals(two)).toEqual(['name: there are 2 workflows. Name one of second, ship.']);
    expect(refusals(catalogOf(HEAD))).toEqual(['name: there is no workflow yet. Apply a file that defines one.']);
  });

  it('a build that nobody found, saying which exist', () => {
    expect(unknownBuild('web', '77', ['7', '8'])).toMatchObject({
      code: 'NO_ARTIFACT',
      field: 'artifacts.web',
      message: "the service 'web' has no build '77'. Existing: '7', '8'.",
    });
    const result = buildPlan(catalogOf(SHOP), 1, request({ artifacts: {} }));
    expect(result).toMatchObject({ ok: false, failures: [{ code: 'NO_ARTIFACT', field: 'artifacts.web' }] });
  });

  it('a command that only this service lacks', () => {
    const catalog = withWorkflow(
      '  ship: { type: basic, service: "${Service}", environment: prod, sections: { Wrap Up: [command: Stop] } }\n',
    );
    const result = buildPlan(catalog, 1, request({ variables: { Service: 'worker' } }));
    expect(result).toMatchObject({
      ok: false,
      failures: [{ message: "the service has no command 'Stop'. Existing: 'Install'." }],
    });
  });
});
