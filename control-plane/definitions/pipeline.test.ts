import { describe, expect, it } from 'vitest';
import type { Plan } from '../engine/plan.ts';
import { catalogOf, problemsOf, SHOP } from './catalog-fixture.ts';
import { applyFiles } from './change-set.ts';
import { explainCatalog, printDefinitions } from './explain.ts';
import { chooseDeployable } from './pipeline-request.ts';
import { pipelineRequirements } from './pipeline-requirements.ts';
import { buildPipelinePlan, type PipelinePlanRequest } from './plan-pipeline.ts';
import { request } from './plan-fixture.ts';

const FLOWS = `  any:
    type: rolling
    service: web
    environment: \${Environment}
    infrastructure: \${Infra}
    inputs: { ticket: { required: true, pattern: 'CHG-\\d+' }, note: { default: none } }
`;
const shop = (pipelines: string): string => `${SHOP}${FLOWS}pipelines:\n${pipelines}`;

const RELEASE = `  release:
    stages:
      - workflow: any
        name: QA
        variables: { Environment: qa, Infra: one, ticket: '\${ticket}' }
      - [ship, { workflow: any, name: Also, variables: { Environment: qa, Infra: two, ticket: CHG-2 } }]
      - { workflow: any, name: Last, variables: { Environment: '\${where}', Infra: '\${infra}', ticket: '\${ticket}' } }
      - { workflow: ship, parallel: true, name: Beside }
`;

function planned(text: string, more: Partial<PipelinePlanRequest> = {}): Plan | readonly string[] {
  const catalog = catalogOf(text);
  const deployable = chooseDeployable(catalog, { name: 'release', variables: {} });
  if (!deployable.ok || deployable.pipeline === null) throw new Error('no pipeline');
  const wanted = { ...request(), rollbackArtifacts: {}, ...more };
  const needed = pipelineRequirements(catalog, deployable.pipeline, { ...wanted, builds: wanted.builds ?? {} });
  if (!needed.ok) return needed.failures.map((each) => each.message);
  const result = buildPipelinePlan(catalog, 3, deployable.pipeline, wanted);
  return result.ok ? result.plan : result.failures.map((each) => each.message);
}

const PLACE = { service: 'web', environment: 'prod', infrastructure: 'dc1' };

const given = { ticket: 'CHG-1', where: 'prod', infra: 'dc1' };

function planOf(text: string, variables: Readonly<Record<string, string>> = given): Plan {
  const result = planned(text, { variables });
  if (!('stages' in result)) throw new Error(result.join('\n'));
  return result;
}

describe('the plan of a pipeline', () => {
  it('has a stage for each, and a run for each of its members', () => {
    const plan = planOf(shop(RELEASE));
    expect(plan).toMatchObject({ kind: 'PIPELINE', name: 'release', executionId: 'x1' });
    expect(plan.given?.variables).toEqual(given);
    expect(
      plan.stages.map(({ id, name, runs }) => [id, name, ...runs.map((run) => `${run.id} ${run.name} ${run.type}`)]),
    ).toEqual([
      ['g1', 'QA', 'r1 QA ROLLING'],
      ['g2', 'ship and Also', 'r2 ship BASIC', 'r3 Also ROLLING'],
      ['g3', 'Last and Beside', 'r4 Last ROLLING', 'r5 Beside BASIC'],
    ]);
    expect(plan.stages.flatMap((stage) => stage.runs.map((run) => run.environment?.name))).toEqual([
      'qa',
      'prod',
      'qa',
      'prod',
      'prod',
    ]);
  });

  it('gives each run its own values, and the one value of an input of the pipeline to all', () => {
    const runs = planOf(shop(RELEASE)).stages.flatMap((stage) => stage.runs);
    const variables = runs.map((run) => (run.families['workflow'] as { variables: object }).variables);
    expect(variables[0]).toEqual({ Environment: 'qa', Infra: 'one', ticket: 'CHG-1', note: 'none' });
    expect(variables[2]).toMatchObject({ ticket: 'CHG-2' });
    expect(variables[3]).toMatchObject({ Environment: 'prod', ticket: 'CHG-1' });
    expect(runs[0]?.families).toMatchObject({
      pipeline: { name: 'release', variables: given },
      workflow: { pipelineDeploymentUuid: 'x1' },
    });
    expect(new Set(runs.map((run) => run.families['timestampId'])).size).toBe(runs.length);
  });

  it('copies a workflow for each infrastructure, named or given with commas', () => {
    const copies = `  release:\n    stages:\n      - { workflow: any, infrastructures: [one, two], variables: { Environment: qa, ticket: CHG-1 } }\n      - { workflow: any, name: More, variables: { Environment: qa, Infra: '\${infra}', ticket: CHG-1 } }\n`;
    const plan = planOf(shop(copies), { infra: 'two, one' });
    expect(
      plan.stages.map(({ runs }) => runs.map((run) => [run.id, run.name, run.phases[0]?.infrastructure?.name])),
    ).toEqual([
      [
        ['r1x1', 'any (one)', 'one'],
        ['r1x2', 'any (two)', 'two'],
      ],
      [
        ['r2x1', 'More (two)', 'two'],
        ['r2x2', 'More (one)', 'one'],
      ],
    ]);
  });

  it('needs no values for what is always skipped, and keeps assertions for later', () => {
    const plan = planOf(
      shop(
        `  release:\n    stages:\n      - { workflow: any, skip: always }\n      - { workflow: ship, skip: "\${pipeline.name} == 'x'" }\n`,
      ),
      {},
    );
    expect(
      plan.stages.map(({ runs }) => runs.map((run) => [run.skip, run.deferred ?? false, run.phases.length])),
    ).toEqual([[['always', true, 0]], [["${pipeline.name} == 'x'", false, 1]]]);
  });

  it('leaves out hosts that have the build in its first stage, and plans the later ones when they are reached', () => {
    const text = shop(`  release:
    stages:
      - ship
      - { workflow: ship, name: Again, skip: "\${workflow.displayName} == 'x'" }
      - { approval: { groups: [a] }, name: Gate }
`);
    const on = (host: string, build: string) => ({ ...PLACE, host, build });
    const installed = [on('h1', '7'), on('h2', '6')];
    const plan = planned(text, { skipSameVersion: true, installed });
    if (!('stages' in plan)) throw new Error(plan.join('\n'));
    expect(plan.options).toEqual({ skipSameVersion: true });
    const [first, second, gate] = plan.stages.flatMap((stage) => stage.runs);
    expect(first?.phases.map(({ hosts, leftOut }) => [hosts.map(({ name }) => name), leftOut])).toEqual([
      [['h2', 'h3'], ['h1']],
    ]);
    expect(second).toMatchObject({
      deferred: true,
      phases: [],
      families: { workflow: { displayName: expect.stringMatching(/^ship /) } },
    });
    expect([gate?.type, gate?.deferred]).toEqual(['APPROVAL', undefined]);
    // Nothing is put off where nobody asks for it.
    const [, whole] = planOf(text, {}).stages.flatMap((stage) => stage.runs);
    expect([whole?.deferred, whole?.phases.length]).toEqual([undefined, 1]);
  });

  it('tells before it starts which of its stages cannot leave hosts out, builds apart', () => {
    const more = `  make: { type: build, collect: web }
  bare: { type: basic, service: plain, environment: prod }
pipelines:
  release: { stages: [ship, { workflow: bare, name: Bare }, make, { workflow: ship, name: Made }] }
`;
    const text = shop('')
      .replace('pipelines:\n', more)
      .replace('  worker:', '  plain: { type: ssh/other, start: run }\n  worker:');
    expect(planned(text, { skipSameVersion: true, installed: [] })).toEqual([
      "stage 'Bare': the service 'plain' has no artifact, so there is no version to compare. Leave it out.",
    ]);
  });

  it('is refused with everything that is missing or wrong', () => {
    expect(planned(shop(RELEASE), { variables: { wher: 'prod', ticket: '1' } })).toEqual([
      "the pipeline 'release' has no input 'wher'. Did you mean 'where'?",
      "input 'ticket': '1' does not match CHG-\\d+. Give a value that the whole pattern matches.",
      "the input 'where' has no value and is required. Give it a value: --var where=…",
      "the input 'infra' has no value and is required. Give it a value: --var infra=…",
    ]);
    expect(planned(shop(RELEASE), { variables: { ...given, where: 'qa' } })).toEqual([
      "stage 'Last': there is no infrastructure 'dc1' in environment 'qa'. Existing: 'one', 'two'.",
    ]);
    expect(planned(shop(RELEASE), { variables: given, builds: { worker: '1' } })).toEqual([
      "the pipeline 'release' deploys no build of a service 'worker'. Existing: 'web'.",
    ]);
    expect(planned(shop(`  release:\n    stages: [any]\n`), { variables: {} })).toEqual([
      "the pipeline is incomplete: in stage 'any' the input 'ticket' of 'any' has no value. Add variables: { ticket: … } to the stage, or ask for it there.",
      "the pipeline is incomplete: in stage 'any' the input 'Environment' of 'any' has no value. Add variables: { Environment: … } to the stage, or ask for it there.",
      "the pipeline is incomplete: in stage 'any' the input 'Infra' of 'any' has no value. Add variables: { Infra: … } to the stage, or ask for it there.",
    ]);
  });

  it('is chosen by name among workflows and pipelines', () => {
    const catalog = catalogOf(shop(RELEASE));
    const chosen = (name?: string) => {
      const found = chooseDeployable(catalog, { ...(name === undefined ? {} : { name }), variables: {} });
      return found.ok ? (found.pipeline?.pipeline.name ?? 'a workflow') : found.failures[0]?.message;
    };
    expect([chosen('release'), chosen('ship')]).toEqual(['release', 'a workflow']);
    expect(chosen()).toBe('there are 2 workflows and 1 pipelines. Name one of any, ship, release.');
    expect(chosen('relase')).toBe("there is no workflow or pipeline 'relase'. Did you mean 'release'?");
  });
});

describe('a pipeline as text', () => {
  const text = shop(
    `${RELEASE}      - { approval: { groups: [ops], inputs: { v: 1 }, publish: signoff, timeout: 90m }, name: Sign-off }
      - { members: [{ workflow: any, ask: [Environment, ticket] }], name: Ask }
      - { workflow: any, name: Told, ask: { variables: [Environment], timeout: 60s, onTimeout: end }, skip: true }
`,
  );

  it('is the same after get and apply, and after explain', () => {
    const catalog = catalogOf(text);
    const again = applyFiles(catalog, [{ name: 'f', text: printDefinitions(catalog) }], { newId: () => 'new' });
    expect(again).toMatchObject({ changeSet: null });
    const explained = explainCatalog(catalog);
    expect(explainCatalog(catalogOf(explained))).toBe(explained);
    expect(explained.slice(explained.indexOf('\npipelines:') + 1)).toMatchInlineSnapshot(`
      "pipelines:
        release:
          inputs:
            ticket:
              type: text
              required: true
              pattern: CHG-\\d+
            where:
              type: environment
              required: true
            infra:
              type: infrastructure
              required: true
          stages:
            - name: QA
              members:
                - name: QA
                  workflow: any
                  variables:
                    Environment: qa
                    Infra: one
                    ticket: \${ticket}
            - name: ship and Also
              members:
                - name: ship
                  workflow: ship
                - name: Also
                  workflow: any
                  variables:
                    Environment: qa
                    Infra: two
                    ticket: CHG-2
            - name: Last and Beside
              members:
                - name: Last
                  workflow: any
                  variables:
                    Environment: \${where}
                    Infra: \${infra}
                    ticket: \${ticket}
                - name: Beside
                  workflow: ship
            - name: Sign-off
              members:
                - name: Sign-off
                  approval:
                    groups:
                      - ops
                    inputs:
                      v: "1"
                    publish: signoff
                    autoReject: false
                    timeout: 1h 30m
            - name: Ask
              members:
                - name: any
                  workflow: any
                  ask:
                    variables:
                      - Environment
                      - ticket
                    timeout: 1d
                    onTimeout: end
            - name: Told
              members:
                - name: Told
                  workflow: any
                  ask:
                    variables:
                      - Environment
                    timeout: 1m
                    onTimeout: end
                  skip: always
          rollbackOnFailure: false
      "
    `);
  });
});

describe('a pipeline is refused', () => {
  const stages = (lines: string): readonly string[] => problemsOf(shop(`  release:\n    stages:\n${lines}`));

  it.each([
    ['      - anyy\n', ["pipelines.release.stages[0]: there is no workflow 'anyy'. Did you mean 'any'?"]],
    [
      '      - { name: x }\n',
      [
        'pipelines.release.stages[0]: the stage says nothing to do. Add workflow: with a name, or approval: with its groups.',
      ],
    ],
    [
      '      - { workflow: ship, parallel: true }\n',
      ['pipelines.release.stages[0].parallel: there is no stage before it. Remove parallel.'],
    ],
    [
      '      - { approval: { timeout: 1h }, name: A }\n      - { approval: { groups: [a], script: x, inputs: { v: 1 } }, name: B }\n      - { approval: { groups: [a], every: 5s }, name: C }\n      - { approval: { script: "echo ${env.name}" }, name: D }\n',
      [
        'pipelines.release.stages[0].approval: nobody is asked. Add groups: of people, or script: of a shell that is asked.',
        "pipelines.release.stages[1].approval.groups: an approval by a script has no 'groups'. Remove it.",
        "pipelines.release.stages[1].approval.inputs: an approval by a script has no 'inputs'. Remove it.",
        "pipelines.release.stages[2].approval.every: an approval by people has no 'every'. Remove it.",
        expect.stringContaining("pipelines.release.stages[3].approval.script: 'env' is not known here"),
      ],
    ],
    [
      '      - { approval: { groups: ["${app.nme}", "${app.name}"], inputs: { v: "${env.name}" } }, name: A }\n      - { approval: { script: x, agents: ["${app.nme}"] }, name: B }\n',
      [
        expect.stringContaining("pipelines.release.stages[0].approval.groups[0]: column 7: app has no 'nme'"),
        expect.stringContaining("pipelines.release.stages[0].approval.inputs.v: 'env' is not known here"),
        expect.stringContaining("pipelines.release.stages[1].approval.agents[0]: column 7: app has no 'nme'"),
      ],
    ],
    ['      - []\n', ['pipelines.release.stages[0]: the stage is empty. Name a workflow or an approval.']],
    [
      '      - ship\n      - { workflow: any, parallel: true, variables: { Environmnt: qa, Environment: stage, note: "x${a}" } }\n',
      [
        "pipelines.release.stages[1].variables.Environmnt: the workflow 'any' has no input 'Environmnt'. Did you mean 'Environment'?",
        "pipelines.release.stages[1].variables.Environment: there is no environment 'stage'. Existing: 'prod', 'qa'.",
        'pipelines.release.stages[1].variables.note: a value is literal, or one input of the pipeline alone. Write ${note}, or the value.',
      ],
    ],
    [
      '      - { workflow: any, variables: { Environment: qa, Infra: dc1 } }\n',
      [
        "pipelines.release.stages[0].variables.Infra: there is no infrastructure 'dc1' in environment 'qa'. Existing: 'one', 'two'.",
      ],
    ],
    [
      '      - { workflow: any, name: a, variables: { Environment: "${envQa}" } }\n      - { workflow: any, name: b, variables: { Environment: "${envProd}" } }\n',
      [
        'pipelines.release.stages[1].variables.Environment: a pipeline may have one environment expression over all its workflows: ${envQa} came first. Write ${envQa}, or an environment.',
      ],
    ],
    [
      '      - { workflow: any, ask: [Environmen] }\n      - { workflow: any, name: x, ask: { variables: [ticket], onTimeout: defaults } }\n',
      [
        "pipelines.release.stages[0].ask[0]: the workflow 'any' has no input 'Environmen'. Did you mean 'Environment'?",
        "pipelines.release.stages[1].ask.variables[0]: 'ticket' has no default that the stage could go on with. Give it a value in variables, or write onTimeout: end.",
      ],
    ],
    [
      '      - { workflow: ship, infrastructures: [dc1] }\n',
      [
        "pipelines.release.stages[0].infrastructures: the workflow 'ship' does not ask for its infrastructure. Write infrastructure: ${Infrastructure} in the workflow.",
      ],
    ],
    [
      '      - { workflow: ship, skip: "${artifact.buildNo} == 1" }\n',
      [
        "pipelines.release.stages[0].skip: 'artifact' is not known here: it is decided before the workflow of the stage has begun. Move it to a section of the deployment.",
      ],
    ],
    [
      '      - { approval: { groups: [a], publish: x }, name: A }\n      - { approval: { groups: [a], publish: x }, name: A, ask: [y] }\n',
      [
        "pipelines.release.stages[1]: two stages are called 'A'. Rename one of them: a stage is resumed by its name.",
        "pipelines.release.stages[1].approval.publish: another approval publishes as 'x'. Choose another name.",
        "pipelines.release.stages[1].ask: an approval has no 'ask'. Make it a stage of its own, or remove it.",
      ],
    ],
  ])('%s', (lines, expected) => expect(stages(lines)).toEqual(expected));

  it.each(['__proto__', 'or'])('when a stage makes an input called %s', (name) => {
    expect(
      stages(`      - { workflow: any, variables: { Environment: qa, Infra: one, ticket: '\${${name}}' } }`),
    ).toEqual([
      `pipelines.release.stages[0].variables.ticket: '${name}' cannot be the name of an input. Choose another name.`,
    ]);
  });

  it('when the default of an input has an expression: a stage gives it to its workflow as a person would', () => {
    const inputs = "  release:\n    inputs: { note: '${instance.name}' }\n    stages: [ship]\n";
    expect(problemsOf(shop(inputs))).toEqual([
      'pipelines.release.inputs.note: values of inputs are not evaluated. Write the value itself, without ${…}.',
    ]);
  });

  it('when it has the name of a workflow', () => {
    expect(problemsOf(shop(`  ship:\n    stages: [ship]\n`))).toEqual([
      "pipelines.ship: a workflow is called 'ship' too. Rename one of them: both are started by their names.",
    ]);
  });
});
