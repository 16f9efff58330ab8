import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FailureError } from '@fairlead/proto/model/failure.ts';
import { stepType } from '@fairlead/proto/steps/index.ts';
import type { PhasePlan, Plan, StepPlan } from '../engine/plan.ts';
import { catalogOf, SHOP, withWorkflow } from './catalog-fixture.ts';
import type { Catalog } from './catalog.ts';
import { artifact, request } from './plan-fixture.ts';
import { buildPlan, requirements, type PlanRequest } from './plan.ts';

const example = readFileSync(new URL('../../deploy/examples/bookstore/fairlead.yaml', import.meta.url), 'utf8');

function planOf(catalog: Catalog, more: Partial<PlanRequest> = {}): Plan {
  const result = buildPlan(catalog, 3, request(more));
  if (!result.ok) throw new FailureError(...(result.failures as [(typeof result.failures)[0]]));
  return result.plan;
}

function phaseOf(plan: Plan): PhasePlan {
  const phase = plan.stages[0]?.runs[0]?.phases[0];
  if (phase === undefined) throw new Error('no phase');
  return phase;
}

const stepsOf = (phase: PhasePlan): readonly StepPlan[] =>
  [...phase.sections, ...phase.rollback].flatMap((section) => section.steps);

describe('the plan of the bookstore example', () => {
  const plan = planOf(catalogOf(example));
  const phase = phaseOf(plan);

  it('is one rolling phase over all hosts, two at a time', () => {
    expect(plan.stages[0]?.runs[0]?.type).toBe('ROLLING');
    expect(phase).toMatchObject({ id: 'p1', rolling: true, deploymentType: 'SSH', service: { artifactType: 'TAR' } });
    expect(phase.hosts.map((host) => [host.name, host.port, host.variables['httpPort']])).toEqual([
      ['web-1', 2201, '8081'],
      ['web-2', 2202, '8082'],
      ['web-3', 2203, '8083'],
      ['web-4', 2204, '8084'],
    ]);
    expect(phase.hosts[0]?.login).toEqual({ user: 'deploy', key: { secret: 'file:/etc/fairlead/keys/deploy' } });
    expect(phase.sections[0]?.steps[0]).toMatchObject({
      type: 'SELECT_NODES',
      parameters: { percent: 50 },
      runs: 'decided',
    });
  });

  it('has the sections of the specification, and rollback sections bound to what they undo', () => {
    expect(phase.sections.map(({ id, name, steps }) => [id, name, ...steps.map((step) => step.name)])).toEqual([
      ['s1', 'Prepare Infra', 'Select Nodes'],
      ['s2', 'Disable Service'],
      ['s3', 'Deploy Service', 'Install'],
      ['s4', 'Enable Service'],
      ['s5', 'Verify Service', 'Health'],
      ['s6', 'Wrap Up'],
    ]);
    expect(
      phase.rollback.map(({ name, undoes, steps }) => [
        name,
        undoes,
        ...steps.map((step) => [step.name, step.artifact]),
      ]),
    ).toEqual([
      ['Disable Service', 's4'],
      ['Stop Service', 's3', ['Stop', 'current']],
      ['Deploy Service', 's3', ['Install', 'rollback']],
      ['Enable Service', 's2'],
      ['Verify Service', 's3'],
      ['Wrap Up', null],
    ]);
  });

  it('flattens Install: stop, copy, expand, configure, start, check', () => {
    const install = phase.sections[2]?.steps[0]?.parameters as { units: { unit: string; name: string }[] };
    expect(install.units.map(({ unit, name }) => `${unit} ${name}`)).toEqual([
      'SETUP_ENV Setup Runtime Paths',
      'EXEC Stop',
      'PORT_CHECK_CLEARED Port Cleared',
      'SCP Copy Artifact',
      'EXEC Expand Artifact',
      'COPY_CONFIGS Copy Configs',
      'EXEC Start',
      'PORT_CHECK_LISTENING Port Listening',
    ]);
  });

  it('checks over HTTP once per host, since a service variable names the host', () => {
    expect(phase.sections[4]?.steps[0]).toMatchObject({
      type: 'HTTP',
      runs: 'hosts',
      parameters: { on: 'hosts', retryForMs: 5_000 },
    });
  });

  it('has parameters that the catalog accepts, and ids that are unique', () => {
    for (const step of stepsOf(phase))
      expect(stepType(step.type)?.parameters.safeParse(step.parameters).success).toBe(true);
    const ids = [...phase.sections, ...phase.rollback].map((section) => section.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('retries what cannot be reached, then rolls back', () => {
    expect(plan.stages[0]?.runs[0]?.failureStrategies).toMatchObject([
      { types: ['CONNECTIVITY'], action: 'RETRY', retry: { count: 2, intervalsMs: [2_000] } },
      { types: [], action: 'ROLLBACK_WORKFLOW', retry: null },
    ]);
  });
});

describe('a plan', () => {
  it('is the same however often it is made', () => {
    const catalog = catalogOf(SHOP);
    expect(planOf(catalog)).toEqual(planOf(catalog));
    expect(planOf(catalog, { executionId: 'x2' }).stages[0]?.runs[0]?.families['timestampId']).toMatch(
      /^1700000000000-\d{3}$/,
    );
  });

  it('locks the mapping, made of ids', () => {
    const catalog = catalogOf(SHOP);
    const needed = requirements(catalog, { variables: {} });
    const mapping = needed.ok ? needed.mappings[0] : undefined;
    const id = (kind: string, name: string): string =>
      catalog.entities.find((each) => each.kind === kind && each.name === name)?.id ?? '';
    expect(mapping).toBe(
      [id('application', 'shop'), id('environment', 'prod'), id('infrastructure', 'dc1'), id('service', 'web')].join(
        '/',
      ),
    );
    expect(planOf(catalog).stages[0]?.runs[0]?.lock).toEqual({
      keys: [mapping],
      queueLimit: 20,
      timeoutMs: 2_147_483_647,
    });
  });

  it('resolves service variables by precedence, secrets by reference', () => {
    const values = (catalog: Catalog): unknown => phaseOf(planOf(catalog)).families['serviceVariable'];
    expect(values(catalogOf(SHOP))).toEqual({
      port: '8080',
      level: 'here',
      token: '${secrets.getValue("env:TOKEN")}',
      region: 'eu',
    });
    const own = '  ship: { type: basic, service: web, environment: prod, serviceVariables: { level: mine } }\n';
    expect(values(withWorkflow(own))).toMatchObject({ level: 'mine' });
    expect(values(catalogOf(SHOP.replace(/ {4}overrides: .*\n/, '')))).toMatchObject({ level: 'everywhere' });
    const without = SHOP.replace(/ {4}overrides: .*\n/, '').replace(
      '{ level: everywhere, region: eu }',
      '{ region: eu }',
    );
    expect(values(catalogOf(without))).toMatchObject({ level: 'service' });
  });

  it('deploys only by commands that bring a build, whatever they are called', () => {
    const workflow = `  ship:
    type: basic
    service: web
    environment: prod
    sections:
      Deploy Service: [command: Stop, command: Install, command: Fetch, command: Link, command: Start, command: Look]
`;
    const commands = `    commands:
      Fetch: [{ download-artifact: {} }]
      Link: [{ exec: 'ln -sfn \${artifact.buildNo} current' }]
      Look: [{ exec: 'ls -l current' }]`;
    const text = SHOP.replace(/ {2}ship: .*\n/, () => workflow).replace(
      / {4}stop: .*/,
      () => `    stop: bin/stop \${artifact.buildNo}\n${commands}`,
    );
    const steps = phaseOf(planOf(catalogOf(text))).sections.flatMap((section) => section.steps);
    expect(steps.filter((step) => step.deploys).map((step) => step.name)).toEqual(['Install', 'Fetch', 'Link']);
  });

  it('lets a step be repeated that nobody heard of, unless it would do its work once more', () => {
    const catalog = withWorkflow(`  ship:
    type: canary
    service: web
    environment: prod
    before:
      - http: http://here/get
      - http: http://here/put
        method: PUT
      - http: http://here/post
        method: POST
      - http: http://here/until
        method: POST
        retryFor: 1m
    phases: [{ hosts: 1 }]
`);
    const steps = planOf(catalog).stages[0]?.runs[0]?.pre?.steps;
    expect(steps?.map(({ idempotent }) => idempotent)).toEqual([true, true, false, true]);
  });

  it('gives a step that goes on trying the time for it, and for its last try', () => {
    const catalog = withWorkflow(`  ship:
    type: canary
    service: web
    environment: prod
    before:
      - http: http://here/once
      - { http: 'http://here/until', retryFor: 1m }
      - { http: 'http://here/long', retryFor: 1m, timeout: 5m }
      - { http: 'http://here/ever', retryFor: 3w3d20h31m }
    phases: [{ hosts: 1 }]
`);
    const steps = planOf(catalog).stages[0]?.runs[0]?.pre?.steps;
    expect(steps?.map(({ timeoutMs }) => timeoutMs)).toEqual([10_000, 70_000, 300_000, 2_147_470_000]);
  });

  it('carries what only the request knows', () => {
    const catalog = catalogOf(SHOP);
    const needed = requirements(catalog, { variables: {} });
    const mapping = needed.ok ? (needed.mappings[0] ?? '') : '';
    const plan = planOf(catalog, { rollbackArtifacts: { [mapping]: artifact('web', '6') }, url: 'http://here/x1' });
    expect(plan).toMatchObject({ executionId: 'x1', actor: 'ada', definition: { revision: 3 } });
    expect(plan.stages[0]?.runs[0]?.families).toMatchObject({
      deploymentTriggeredBy: 'ada',
      deploymentUrl: 'http://here/x1',
      env: { environmentType: 'PROD' },
    });
    expect(phaseOf(plan).families).toMatchObject({ artifact: { buildNo: '7' }, rollbackArtifact: { buildNo: '6' } });
    expect(phaseOf(plan).configFiles).toEqual([
      { path: 'app.conf', content: 'level = ${serviceVariable.level}', mode: '0644' },
    ]);
    expect(phaseOf(planOf(catalog)).rollbackArtifact).toBeNull();
  });

  it('says what has to be looked up before', () => {
    const catalog = withWorkflow('  ship: { type: basic, service: "${Service}", environment: prod }\n');
    expect(requirements(catalog, { variables: { Service: 'web' }, builds: { web: '7' } })).toMatchObject({
      ok: true,
      needs: [{ service: 'web', build: '7', source: { kind: 'DIRECTORY', path: '/builds/web' }, selectors: ['dc1'] }],
    });
    expect(requirements(catalog, { variables: { Service: 'worker' } })).toMatchObject({
      ok: true,
      needs: [
        {
          service: 'worker',
          build: null,
          source: { kind: 'HTTP', headers: { authorization: { parts: [{ late: 'secret', name: 'env:BUILDS' }] } } },
        },
      ],
    });
  });

  it('has the agents of a step beside those of the infrastructure only where both are to count', () => {
    const catalog = withWorkflow(`  ship:
    type: basic
    service: web
    environment: \${Environment}
    infrastructure: \${Infrastructure}
    verify: [{ script: a, agents: [fast, dc1], infrastructureAgents: true }, { script: b, agents: fast }, script: c]
`);
    const steps = (Environment: string, Infrastructure: string) =>
      phaseOf(planOf(catalog, { variables: { Environment, Infrastructure } }))
        .sections.find(({ name }) => name === 'Verify Service')
        ?.steps.map(({ selectors, selectorsStand }) => [selectors, selectorsStand ?? false]);
    expect(steps('prod', 'dc1')).toEqual([
      [['fast', 'dc1'], true],
      [['fast'], false],
      [[], false],
    ]);
    // It has none that could be added.
    expect(steps('qa', 'one')).toEqual([
      [['fast', 'dc1'], false],
      [['fast'], false],
      [[], false],
    ]);
  });

  it('has sections before and after, steps with all their settings, and outputs', () => {
    const catalog = withWorkflow(`  ship:
    type: canary
    service: web
    environment: prod
    concurrency: none
    before:
      - script: echo \${workflow.variables.ticket}
        agents: \${app.name}
        outputs: { id: string, key: string }
        publish: { name: opened, scope: phase }
    inputs: { ticket: none }
    phases:
      - hosts: 2
        sections:
          Wrap Up:
            parallel: true
            skip: \${env.name} == 'qa'
            wait: 10s
            steps:
              - { script: 'echo \${opened.id} \${instance.hostName}', name: Tell, timeout: 5s, wait: 1s, cancelGrace: 3s }
              - { script: 'echo', on: hosts, in: /tmp, withPrevious: true }
            onFailure: [{ do: ignore, steps: [Tell] }]
`);
    const plan = planOf(catalog);
    const run = plan.stages[0]?.runs[0];
    expect(run?.lock).toBeNull();
    expect(run?.pre).toMatchObject({
      id: 'pre',
      steps: [
        {
          runs: 'agent',
          selectors: ['${app.name}'],
          publish: { name: 'opened', scope: 'PHASE' },
          parameters: { outputs: { id: 'STRING', key: 'STRING' }, on: 'agent' },
        },
      ],
    });
    expect(run?.post).toBeNull();
    expect(phaseOf(plan).sections[0]?.steps[0]?.parameters).toEqual({ count: 2, exclude: true });
    expect(phaseOf(plan).sections[5]).toMatchObject({
      parallel: true,
      skip: "${env.name} == 'qa'",
      waitMs: 10_000,
      failureStrategies: [{ action: 'IGNORE', steps: ['t1'] }],
      steps: [
        {
          name: 'Tell',
          runs: 'hosts',
          timeoutMs: 5_000,
          waitMs: 1_000,
          cancelGraceMs: 3_000,
          parameters: { on: 'agent' },
        },
        {
          name: 'Shell Script',
          runs: 'hosts',
          withPrevious: true,
          parameters: { on: 'hosts', workingDirectory: '/tmp' },
        },
      ],
    });
  });
});
