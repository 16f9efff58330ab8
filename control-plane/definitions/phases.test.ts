import { describe, expect, it } from 'vitest';
import { Play } from '../../test/support/play.ts';
import type { Plan, RunPlan } from '../engine/plan.ts';
import { catalogOf, problemsOf, SHOP, withWorkflow } from './catalog-fixture.ts';
import type { Catalog } from './catalog.ts';
import { explainCatalog, printDefinitions } from './explain.ts';
import { artifact, request } from './plan-fixture.ts';
import { buildPlan, requirements, type PlanRequest } from './plan.ts';

const withFile = (workflow: string): string => SHOP.replace(/ {2}ship: .*\n/, () => workflow);

function runOf(catalog: Catalog, more: Partial<PlanRequest> = {}): RunPlan {
  const result = buildPlan(catalog, 3, request({ name: 'ship', ...more }));
  if (!result.ok) throw new Error(result.failures.map((each) => each.message).join('\n'));
  const { plan }: { plan: Plan } = result;
  const run = plan.stages[0]?.runs[0];
  if (run === undefined) throw new Error('no run');
  return run;
}

function refusalsOf(catalog: Catalog, more: Partial<PlanRequest> = {}): readonly string[] {
  const needed = requirements(catalog, request({ name: 'ship', ...more }));
  return needed.ok ? [] : needed.failures.map((each) => `${each.field ?? ''}: ${each.message}`);
}

const CANARY = `  ship:
    type: canary
    service: web
    environment: \${Environment}
    inputs: { ticket: { required: true, pattern: '^CHG-\\d+$' } }
    serviceVariables: { level: workflow, color: blue }
    before: [script: 'echo \${workflow.variables.ticket}']
    phases:
      - hosts: 25%
        verify:
          - http: 'http://\${instance.hostName}:\${serviceVariable.port}/health'
            assert: \${httpResponseCode} == 200
      - name: Half
        hosts: 50%
        serviceVariables: { level: phase }
        rollback: { Wrap Up: [script: echo undone] }
      - hosts: 100%
    after: [script: echo done]
    onFailure:
      - { on: connectivity, retry: 2, every: 10s }
      - { on: any, do: rollback }
`;

const MULTI = `  ship:
    type: multi-service
    environment: prod
    phases:
      - service: web
      - { service: worker, serviceVariables: { shards: 2 } }
`;

const BUILD = `  ship:
    type: build
    inputs: { branch: main }
    collect: [web, worker]
    sections:
      Prepare Steps: [{ script: 'make \${workflow.variables.branch}', outputs: [made], publish: build }]
`;

describe('a canary', () => {
  const catalog = withWorkflow(CANARY);
  const run = runOf(catalog, { variables: { Environment: 'prod', ticket: 'CHG-1' } });

  it('has one phase after the other, each with its sections and the rollback of its own', () => {
    expect(run.type).toBe('CANARY');
    expect(run.phases.map(({ id, name, mapping, rolling }) => ({ id, name, mapping, rolling }))).toEqual(
      ['Phase 1', 'Half', 'Phase 3'].map((name, index) => ({
        id: `p${index + 1}`,
        name,
        mapping: run.phases[0]?.mapping,
        rolling: false,
      })),
    );
    expect(run.phases.map((phase) => phase.sections[0]?.steps[0]?.parameters)).toEqual(
      [25, 50, 100].map((percent) => ({ percent, exclude: true })),
    );
    expect(run.phases.map((phase) => phase.sections[4]?.steps.map((step) => step.type))).toEqual([['HTTP'], [], []]);
    expect(run.phases.map((phase) => phase.rollback.flatMap((each) => each.steps.map((step) => step.name)))).toEqual([
      ['Stop', 'Install'],
      ['Stop', 'Install', 'Shell Script'],
      ['Stop', 'Install'],
    ]);
    expect([run.pre?.name, run.post?.name]).toEqual(['Pre-deployment Steps', 'Post-deployment Steps']);
    expect(run.lock?.keys).toEqual([run.phases[0]?.mapping]);
  });

  it('lets the variables of a phase win over those of the workflow', () => {
    expect(run.phases.map(({ environment: { level, color } }) => [level, color])).toEqual([
      ['workflow', 'blue'],
      ['phase', 'blue'],
      ['workflow', 'blue'],
    ]);
  });

  it('asks for the infrastructure once, for all phases', () => {
    expect(refusalsOf(catalog, { variables: { Environment: 'qa', ticket: 'CHG-1' } })).toEqual([
      expect.stringContaining("variables.Infrastructure: the environment 'qa' has 2 infrastructures"),
    ]);
    const chosen = runOf(catalog, { variables: { Environment: 'qa', Infrastructure: 'two', ticket: 'CHG-1' } });
    expect(chosen.phases.map((phase) => phase.hosts.map((host) => host.name))).toEqual([['q2'], ['q2'], ['q2']]);
  });
});

describe('a multi-service workflow', () => {
  it('deploys each service with its own artifact, mapping and variables, and locks them all', () => {
    const catalog = withWorkflow(MULTI);
    const run = runOf(catalog, { artifacts: { web: artifact('web', '7'), worker: artifact('worker', '3') } });
    expect(run.type).toBe('MULTI_SERVICE');
    expect(run.phases.map((phase) => [phase.service?.name, phase.artifact?.build])).toEqual([
      ['web', '7'],
      ['worker', '3'],
    ]);
    expect(run.phases[1]?.environment['shards']).toBe('2');
    expect(run.lock?.keys).toEqual(run.phases.map((phase) => phase.mapping).toSorted());
    const needed = requirements(catalog, request({ builds: { worker: '3' } }));
    expect(needed.ok && needed.needs.map(({ service, build }) => [service, build])).toEqual([
      ['web', null],
      ['worker', '3'],
    ]);
    expect(refusalsOf(catalog, { builds: { wroker: '3' } })).toEqual([expect.stringContaining("'worker'")]);
  });

  it('takes only a service of the type it was made for', () => {
    const catalog = withWorkflow(`  ship:
    type: multi-service
    environment: prod
    inputs: { Second: { of: ssh/jar } }
    phases: [{ service: web }, { service: '\${Second}' }]
`);
    expect(refusalsOf(catalog, { variables: { Second: 'web' } })).toEqual([
      expect.stringContaining("variables.Second: the service 'web' is ssh/tar, and this workflow deploys ssh/jar"),
    ]);
    expect(refusalsOf(catalog, { variables: { Second: 'worker' } })).toEqual([]);
  });
});

describe('a build workflow', () => {
  const catalog = withWorkflow(BUILD);

  it('prepares and collects, with nothing to deploy, to lock or to roll back', () => {
    const run = runOf(catalog);
    expect(run).toMatchObject({ type: 'BUILD', environment: null, lock: null, failureStrategies: [], pre: null });
    expect(run.families).not.toHaveProperty('env');
    expect(run.phases).toMatchObject([{ service: null, infrastructure: null, hosts: [], rollback: [] }]);
    expect(run.phases[0]?.sections.map(({ name, steps }) => [name, ...steps.map((step) => step.type)])).toEqual([
      ['Prepare Steps', 'SHELL_SCRIPT'],
      ['Collect Artifact', 'ARTIFACT_COLLECTION', 'ARTIFACT_COLLECTION'],
    ]);
    expect(run.phases[0]?.sections[1]?.steps.map(({ parameters, selectors }) => ({ parameters, selectors }))).toEqual([
      {
        parameters: {
          service: 'web',
          source: { kind: 'DIRECTORY', path: '/builds/web', match: String.raw`web-(?<build>\d+)\.tgz` },
          withinMs: 0,
        },
        selectors: ['dc1'],
      },
      {
        parameters: {
          service: 'worker',
          source: {
            kind: 'HTTP',
            url: 'https://builds.example/',
            match: String.raw`(?<build>.+)\.jar`,
            headers: { authorization: '${secrets.getValue("env:BUILDS")}' },
          },
          withinMs: 0,
        },
        selectors: ['dc1'],
      },
    ]);
    expect(refusalsOf(catalog, { builds: { web: '1' } })).toEqual([
      expect.stringContaining("artifacts.web: the workflow 'ship' deploys nothing"),
    ]);
  });

  it('may ask which service it collects for', () => {
    const asking = withWorkflow(
      `  ship:\n    type: build\n    sections:\n      Collect Artifact: [{ collect: '\${Service}', build: '\${workflow.variables.n}', within: 5m }]\n    inputs: { n: '1' }\n`,
    );
    const [, section] = runOf(asking, { variables: { Service: 'web' } }).phases[0]?.sections ?? [];
    expect(section?.steps[0]?.parameters).toMatchObject({
      service: 'web',
      build: '${workflow.variables.n}',
      withinMs: 300_000,
    });
    expect(refusalsOf(asking, {})).toEqual([expect.stringContaining('variables.Service')]);
  });
});

describe('what was explained', () => {
  it.each([
    ['a canary', CANARY],
    ['a multi-service workflow', MULTI],
    ['a build workflow', BUILD],
  ])('of %s means the same, and so does what is printed', (_, workflow) => {
    const catalog = withWorkflow(workflow);
    const explained = explainCatalog(catalog);
    expect(explainCatalog(catalogOf(explained))).toBe(explained);
    expect(printDefinitions(catalogOf(printDefinitions(catalog)))).toBe(printDefinitions(catalog));
  });
});

describe('refused when it is applied', () => {
  it.each([
    {
      given: 'phases at once',
      workflow: `  ship: { type: canary, service: web, environment: prod, phases: [{ hosts: 1 }, { hosts: 2, parallel: true }] }\n`,
      expected: [
        'workflows.ship.phases[1].parallel: phases run one after the other. use several workflows in one parallel stage',
      ],
    },
    {
      given: 'fields of another type',
      workflow: `  ship: { type: canary, service: web, environment: prod, verify: [script: x], batch: 1, collect: web, phases: [{}] }
  one: { type: basic, service: web, environment: prod, phases: [{}], before: [script: x] }
  make: { type: build, collect: web, environment: prod, onFailure: [do: rollback] }
`,
      expected: [
        expect.stringContaining('workflows.ship.verify: in a canary workflow each phase has its own verify'),
        expect.stringContaining('workflows.ship.batch: batches belong to rolling workflows'),
        expect.stringContaining('workflows.ship.collect: builds are collected by build workflows'),
        expect.stringContaining('workflows.one.phases: a basic workflow has one phase'),
        expect.stringContaining('workflows.one.before: a basic workflow has no steps before its deployment'),
        expect.stringContaining('workflows.make.environment: a build workflow has no environment'),
        expect.stringContaining('workflows.make.onFailure: a build workflow has no onFailure'),
      ],
    },
    {
      given: 'what is unfinished',
      workflow: `  ship: { type: canary, service: web, environment: prod }
  two: { type: multi-service, environment: prod, phases: [{ service: web }, {}, { name: Phase 1, service: nobody }] }
  make: { type: build }
`,
      expected: [
        'workflows.ship: the canary workflow has no phases. Add phases: with at least one.',
        'workflows.two.phases[1]: the phase has no service. Add service: with a name, or ${Service} to be asked for it.',
        "workflows.two.phases[2]: two phases are called 'Phase 1'. Rename one of them.",
        expect.stringContaining("workflows.two.phases[2].service: there is no service 'nobody'"),
        'workflows.make: the build workflow collects no build. Add collect: with the name of a service.',
      ],
    },
    {
      given: 'numbers of hosts that do not grow',
      workflow: `  ship: { type: canary, service: web, environment: prod, phases: [{ hosts: 50% }, { hosts: 50% }, { hosts: 100% }] }\n`,
      expected: [
        "workflows.ship.phases[1].hosts: the numbers of hosts are cumulative, and 'Phase 1' has taken 50% already. Write more than 50%.",
      ],
    },
    {
      given: 'a build without its builds',
      workflow: `  ship:
    type: build
    sections:
      Prepare Steps: [{ script: 'echo \${service.name}' }, { command: Install }, { script: x, on: hosts }]
      Collect Artefact: []
      Collect Artifact: { steps: [collect: wep], onFailure: [{ do: ignore }] }
  other: { type: canary, service: web, environment: prod, phases: [{ verify: [collect: web] }] }
`,
      expected: [
        expect.stringContaining("'service' is not known here: a build workflow has no service"),
        expect.stringContaining('workflows.ship.sections["Prepare Steps"][1]: commands run on the hosts'),
        expect.stringContaining('workflows.ship.sections["Prepare Steps"][2].on: there are no hosts here'),
        expect.stringContaining("there is no section 'Collect Artefact'. Did you mean 'Collect Artifact'?"),
        expect.stringContaining("there is no service 'wep'. Did you mean 'web'?"),
        expect.stringContaining('a build workflow has no failure strategies'),
        expect.stringContaining('workflows.other.phases[0].verify[0]: builds are collected by build workflows'),
      ],
    },
  ])('$given', ({ workflow, expected }) => {
    expect(problemsOf(withFile(workflow))).toEqual(expected);
  });
});

describe('a draft', () => {
  it('may be unfinished, and everything it lacks is told when it is deployed', () => {
    const catalog = withWorkflow(`  ship: { type: multi-service, draft: true, phases: [{ service: web }, {}] }\n`);
    expect(refusalsOf(catalog)).toEqual([
      expect.stringContaining("name: the workflow 'ship' is unfinished: the workflow has no environment"),
      expect.stringContaining("phases[1]: the workflow 'ship' is unfinished: the phase has no service"),
    ]);
  });

  it('is still refused what is wrong, and deployed once it is whole', () => {
    const draft = '  ship: { type: basic, draft: true, service: web, environment: prod }\n';
    expect(refusalsOf(withWorkflow(draft))).toEqual([]);
    expect(problemsOf(withFile(draft.replace('service: web', 'service: wep')))).toEqual([
      expect.stringContaining("there is no service 'wep'"),
    ]);
  });
});

describe('conditions of a section', () => {
  const workflow = `  ship:
    type: basic
    service: web
    environment: prod
    inputs: { quick: 'no', dry: 'no' }
    sections:
      Deploy Service:
        skip:
          - { when: "\${workflow.variables.dry} == 'yes'", steps: [Install, Tell] }
          - { when: "\${workflow.variables.quick} == 'yes'", steps: [Tell] }
        steps: [command: Install, { script: echo, name: Tell, skip: false }, { script: echo, name: Log }]
    rollback: { Stop Service: { skip: "\${env.name} == 'test'" } }
`;

  it('are those of the steps they name, beside their own', () => {
    const [phase] = runOf(withWorkflow(workflow)).phases;
    const deploy = phase?.sections[2];
    expect([deploy?.skip, ...(deploy?.steps.map((step) => step.skip) ?? [])]).toEqual([
      null,
      "${workflow.variables.dry} == 'yes'",
      "(false) || (${workflow.variables.dry} == 'yes') || (${workflow.variables.quick} == 'yes')",
      null,
    ]);
    expect(phase?.rollback[1]?.skip).toBe("${env.name} == 'test'");
    const explained = explainCatalog(withWorkflow(workflow));
    expect(explainCatalog(catalogOf(explained))).toBe(explained);
  });

  it('decide in a run, each for its steps', () => {
    const skipped = (variables: Readonly<Record<string, string>>) => {
      const planned = buildPlan(withWorkflow(workflow), 1, request({ name: 'ship', variables }));
      if (!planned.ok) throw new Error('it cannot be planned');
      const [phase] = new Play(planned.plan).run().execution.runs[0]?.phases ?? [];
      return phase?.sections[2]?.steps.map((step) => step.status);
    };
    expect(skipped({})).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS']);
    expect(skipped({ quick: 'yes' })).toEqual(['SUCCESS', 'SKIPPED', 'SUCCESS']);
    expect(skipped({ dry: 'yes' })).toEqual(['SKIPPED', 'SKIPPED', 'SUCCESS']);
  });

  it('are refused for steps that there are not, and when they are none', () => {
    const wrong = workflow.replace('[Install, Tell]', '[Instal]').replace("quick} == 'yes'", "quik} == 'yes'");
    expect(problemsOf(withFile(wrong))).toEqual([
      "workflows.ship.sections[\"Deploy Service\"].skip[0].steps: no step of the section is called 'Instal'. Did you mean 'Install'?",
      expect.stringMatching(/^workflows.ship.sections\["Deploy Service"\].skip\[1\].when: .*'quik'/),
    ]);
  });
});
