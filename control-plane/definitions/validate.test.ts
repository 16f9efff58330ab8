import { describe, expect, it } from 'vitest';
import { SHOP } from './catalog-fixture.ts';
import { applyFiles } from './change-set.ts';

function problemsOf(text: string): readonly string[] {
  let next = 0;
  const applied = applyFiles(null, [{ name: 'shop.yaml', text }], { newId: () => `id${++next}` });
  return 'problems' in applied ? applied.problems.map(({ path, reason, mend }) => `${path}: ${reason}. ${mend}`) : [];
}

const shipWith = (lines: string): string =>
  SHOP.replace(/ {2}ship: .*\n/, `  ship:\n    type: basic\n    service: web\n    environment: prod\n${lines}`);

const replaced = (from: string, to: string): string => {
  expect(SHOP).toContain(from);
  return SHOP.replace(from, to);
};

describe('a definition that is right', () => {
  it('has no problem', () => {
    expect(problemsOf(SHOP)).toEqual([]);
  });

  it.each([
    [
      'names what its service, environment, hosts and steps have',
      `    verify:
      - script: echo \${serviceVariable.region} \${environmentVariable.level} \${infra.name} \${instance.variables.zone} \${HOME} \${artifact.metadata.any}
        name: Look
        outputs: [found]
        publish: look
      - http: http://\${host.hostName}:\${serviceVariable.port}/
        assert: \${httpResponseCode} == 200 && \${look.found} == 'x'
        headers: { authorization: 'secret:env:TOKEN' }
        skip: \${env.environmentType} == 'NON_PROD'
`,
    ],
    [
      'replaces generated sections',
      `    sections:
      Prepare Infra: [select-nodes: { hosts: [h1] }]
      Deploy Service: [command: Stop, command: Install, command: Start]
    rollback:
      Wrap Up: [script: 'echo \${rollbackArtifact.buildNo}']
`,
    ],
  ])('%s', (_name, lines) => {
    expect(problemsOf(shipWith(lines))).toEqual([]);
  });
});

describe('a service', () => {
  it.each([
    {
      given: 'a variable that does not exist',
      text: replaced('--port ${serviceVariable.port}', '--port ${serviceVariable.prot}'),
      expected: [expect.stringMatching(/^services.web.start: .*serviceVariable has no 'prot'.*Did you mean 'port'\?/)],
    },
    {
      given: 'start and the command Start',
      text: replaced('    stop: bin/stop', '    stop: bin/stop\n    commands: { Start: [exec: x], Stop: [exec: y] }'),
      expected: [
        "services.web.start: 'start' and the command 'Start' say the same. Keep one of the two.",
        "services.web.stop: 'stop' and the command 'Stop' say the same. Keep one of the two.",
      ],
    },
    {
      given: 'commands that do not exist or run themselves',
      text: replaced(
        '    stop: bin/stop',
        '    stop: bin/stop\n    commands: { A: [command: B], B: [command: A], C: [command: Strat] }',
      ),
      expected: [
        'services.web.commands.A: the command runs itself: A → B → A. Remove one of these units.',
        'services.web.commands.B: the command runs itself: B → A → B. Remove one of these units.',
        "services.web.commands.C[0].command: there is no command 'Strat'. Did you mean 'Start'?",
      ],
    },
    {
      given: 'a pattern without a build, and one that is none',
      text: replaced('web-(?<build>\\d+)', 'web-(\\d+)').replace('(?<build>.+)\\.jar', '(?<build>a(?!b))'),
      expected: [
        'services.web.artifact.match: the pattern does not say which part is the build number. Put it into a group: (?<build>\\d+).',
        expect.stringContaining('services.worker.artifact.match: this is no regular expression'),
      ],
    },
    {
      given: 'variables in the artifact source',
      text: replaced('/builds/${service.name}', '/builds/${serviceVariable.level}'),
      expected: [
        expect.stringContaining(
          "services.web.artifact.directory: 'serviceVariable' is not known here: builds are listed without a deployment",
        ),
      ],
    },
    {
      given: 'secrets in the clear, malformed or empty values',
      text: replaced(
        'level: service,',
        "dbPassword: hunter2, other: 'secret:vault:x', none: '', third: '${secrets.getValue(\"db\")}',",
      ),
      expected: [
        expect.stringContaining(
          "services.web.variables.dbPassword: 'dbPassword' looks like a secret and stands here in the clear",
        ),
        expect.stringContaining('services.web.variables.other: this names no secret that exists'),
        "services.web.variables.none: 'none' is empty. Give it a value, or remove it.",
        expect.stringContaining("services.web.variables.third: there is no secret 'db'"),
      ],
    },
    {
      given: 'no artifact where a command brings one',
      text: replaced("    artifact: { directory: '/builds/${service.name}', match: 'web-(?<build>\\d+)\\.tgz' }\n", ''),
      expected: [
        "services.web: the command 'Install' brings an artifact, and the service has none. Add artifact: { directory: …, match: … }.",
      ],
    },
    {
      given: 'docker without an Install',
      text: replaced('type: ssh/tar', 'type: ssh/docker'),
      expected: [
        expect.stringContaining(
          "workflows.ship.service: the service 'web' has no command Install, so the workflow would install nothing",
        ),
      ],
    },
  ])('$given', ({ text, expected }) => {
    expect(problemsOf(text)).toEqual(expected);
  });
});

describe('an environment', () => {
  it.each([
    {
      given: 'overrides of a service that does not exist',
      text: replaced('overrides: { web:', 'overrides: { wed:'),
      expected: ["environments.prod.overrides.wed: there is no service 'wed'. Did you mean 'web'?"],
    },
    {
      given: 'a host twice, and no way to log in',
      text: replaced(
        "hosts: [q1], login: { user: deploy, password: 'secret:env:QA' }",
        "hosts: [q1, q1], login: { user: deploy, passphrase: 'secret:env:P' }",
      ),
      expected: [
        "environments.qa.infrastructure.one.hosts[1]: the host 'q1' is listed twice. Keep one of the two.",
        expect.stringContaining('environments.qa.infrastructure.one.login: the login has neither key nor password'),
        expect.stringContaining('environments.qa.infrastructure.one.login.passphrase: a passphrase opens a key'),
      ],
    },
    {
      given: 'an infrastructure for a service that does not exist',
      text: replaced('services: [web] }', 'services: [webb] }'),
      expected: ["environments.qa.infrastructure.two.services[0]: there is no service 'webb'. Did you mean 'web'?"],
    },
  ])('$given', ({ text, expected }) => {
    expect(problemsOf(text)).toEqual(expected);
  });
});

describe('a workflow', () => {
  it.each([
    {
      given: 'names of nothing',
      text: replaced(
        'service: web, environment: prod }',
        'service: wep, environment: production, infrastructure: dc }',
      ),
      expected: [
        "workflows.ship.service: there is no service 'wep'. Did you mean 'web'?",
        "workflows.ship.environment: there is no environment 'production'. Existing: 'prod', 'qa'.",
      ],
    },
    {
      given: 'an infrastructure of another environment, or none where there are two',
      text: `${replaced('environment: prod }', 'environment: prod, infrastructure: one }')}  other: { type: basic, service: web, environment: qa }\n  third: { type: basic, service: worker, environment: qa, infrastructure: two }\n`,
      expected: [
        "workflows.ship.infrastructure: there is no infrastructure 'one' in environment 'prod'. Existing: 'dc1'.",
        "workflows.other.environment: the infrastructure is not named, and the environment 'qa' has 2 for it. Add infrastructure: with one of one, two.",
        "workflows.third.infrastructure: the infrastructure 'two' is not for the service 'worker'. Name the service in its services:, or choose another. For this one: one.",
      ],
    },
    {
      given: 'batches in a basic one, hosts that do not exist',
      text: shipWith('    batch: 2\n    hosts: [h1, h9]\n'),
      expected: [
        expect.stringContaining('workflows.ship.batch: batches belong to rolling workflows'),
        "workflows.ship.hosts[1]: there is no host 'h9'. Existing: 'h1', 'h2', 'h3'.",
      ],
    },
    {
      given: 'sections that do not exist, and two ways to say one thing',
      text: shipWith(
        '    hosts: 1\n    verify: [script: a]\n    sections:\n      Verify Service: [script: b]\n      Prepare Infra: [select-nodes: { count: 1 }]\n      Deploy Servce: [script: c]\n    rollback: { Prepare Infra: [] }\n',
      ),
      expected: [
        expect.stringContaining("workflows.ship.hosts: 'hosts' and the section 'Prepare Infra' say the same"),
        expect.stringContaining("workflows.ship.verify: 'verify' and the section 'Verify Service' say the same"),
        "workflows.ship.sections[\"Deploy Servce\"]: there is no section 'Deploy Servce'. Did you mean 'Deploy Service'?",
        expect.stringContaining('workflows.ship.rollback["Prepare Infra"]: there is no section \'Prepare Infra\''),
      ],
    },
    {
      given: 'hosts selected twice, late, in two ways, in a rollback',
      text: shipWith(`    sections:
      Prepare Infra: [command: Install]
      Enable Service: [select-nodes: { count: 1, percent: 20 }, select-nodes: { count: 1 }]
    rollback:
      Stop Service: [select-nodes: { count: 1 }]
`),
      expected: [
        'workflows.ship.sections["Prepare Infra"][0]: the command comes before the hosts are selected. Select the hosts in Prepare Infra.',
        'workflows.ship.sections["Enable Service"][0]: hosts are selected in exactly one way. Write count, percent or hosts.',
        'workflows.ship.sections["Enable Service"][1]: hosts are selected once in a phase, and they have been before. Keep one select-nodes.',
        'workflows.ship.rollback["Stop Service"][0]: hosts cannot be selected here. Select them in the section Prepare Infra.',
      ],
    },
    {
      given: 'no hosts selected at all',
      text: shipWith('    sections: { Prepare Infra: [] }\n'),
      expected: [expect.stringContaining('no step selects the hosts that commands run on')],
    },
    {
      given: 'a secret in a condition, directly or through a variable',
      text: shipWith(`    verify:
      - { script: a, skip: '\${secrets.getValue("env:X")} == "a"' }
      - { script: b, skip: '\${serviceVariable.token} == "a"' }
      - { script: c, skip: '\${nothing} == 1' }
      - { script: d, skip: '== 1' }
`),
      expected: [
        expect.stringContaining('may not use a secret'),
        expect.stringContaining('may not use a secret'),
        expect.stringContaining("'nothing' is not known here"),
        expect.stringMatching(/^workflows.ship.verify\[3\].skip: /),
      ],
    },
    {
      given: 'unknown members everywhere',
      text: shipWith(`    verify:
      - http: http://\${instance.hostname}/\${env.nam}
        assert: \${httpResponseCod} == 200
        body: \${workflow.variables.tikcet}
      - command: Instal
    inputs: { ticket: { required: true } }
`),
      expected: [
        expect.stringMatching(/^workflows.ship.verify\[0\].http: .*'hostname'.*hostName/),
        expect.stringMatching(/^workflows.ship.verify\[0\].http: .*'nam'.*name/),
        expect.stringMatching(/^workflows.ship.verify\[0\].assert: .*'httpResponseCod' is not known here/),
        expect.stringMatching(/^workflows.ship.verify\[0\].body: .*'tikcet'.*ticket/),
        "workflows.ship.verify[1].command: the service has no command 'Instal'. Did you mean 'Install'?",
      ],
    },
    {
      given: 'what belongs to the deployment, outside of it',
      text: shipWith(
        '    before: [script: "${serviceVariable.port}", command: Install]\n    after: [{ script: "${instance.name}", on: hosts }]\n',
      ),
      expected: [
        expect.stringContaining(
          "workflows.ship.before[0].script: 'serviceVariable' is not known here: service and hosts belong to the deployment",
        ),
        expect.stringContaining('workflows.ship.before[1]: commands run on the hosts of the deployment'),
        expect.stringContaining("workflows.ship.after[0].script: 'instance' is not known here"),
        expect.stringContaining('workflows.ship.after[0].on: there are no hosts here'),
      ],
    },
    {
      given: 'names of steps twice, and strategies for steps that do not exist',
      text: shipWith(`    sections:
      Wrap Up:
        steps: [{ script: a, name: One, withPrevious: true }, { script: b, name: One }, script: c]
        onFailure: [{ do: ignore, steps: [One, Shell Script, Two] }]
      Deploy Service:
        onFailure: [{ do: abort, steps: [Install, Instal] }]
    onFailure: [{ do: ignore, steps: [x] }, { on: [any, timeout], every: 5s }]
`),
      expected: [
        expect.stringContaining('workflows.ship.sections["Wrap Up"].steps[0].withPrevious: there is no step before it'),
        expect.stringContaining("two steps of the section are called 'One'"),
        expect.stringContaining("no step of the section is called 'Two'"),
        expect.stringContaining("no step of the section is called 'Instal'. Did you mean 'Install'?"),
        expect.stringContaining(
          'workflows.ship.onFailure[0].steps: steps can be named in the onFailure of a section only',
        ),
        expect.stringContaining('workflows.ship.onFailure[1]: the entry says nothing to do'),
        expect.stringContaining("workflows.ship.onFailure[1].on: 'any' includes all others"),
        expect.stringContaining("workflows.ship.onFailure[1].every: 'every' belongs to retry"),
      ],
    },
    {
      given: 'inputs that contradict themselves',
      text: shipWith(`    inputs:
      a: { fixed: true }
      b: { values: [x], default: y }
      c: { pattern: '(' }
      d: { type: number, default: many }
      e: { of: ssh/tar }
`),
      expected: [
        expect.stringContaining("workflows.ship.inputs.a.fixed: the input 'a' is fixed and has no value"),
        expect.stringContaining("workflows.ship.inputs.b.default: 'y' is not among the allowed values"),
        expect.stringContaining('workflows.ship.inputs.c.pattern: this is no regular expression'),
        expect.stringContaining("workflows.ship.inputs.d.default: 'many' is no number"),
        expect.stringContaining("workflows.ship.inputs.e.of: 'of' belongs to inputs that choose a service"),
      ],
    },
    {
      given: 'settings that are more than one input',
      text: replaced(
        'service: web, environment: prod }',
        'service: "web-${Service}", environment: "${Environment}", inputs: { Environment: { type: text } } }',
      ),
      expected: [
        expect.stringContaining("workflows.ship.service: 'service' is a name or one input alone"),
        expect.stringContaining(
          "workflows.ship.inputs.Environment.type: the input 'Environment' chooses the environment",
        ),
      ],
    },
  ])('$given', ({ text, expected }) => {
    expect(problemsOf(text)).toEqual(expected);
  });
});

describe('mistakes of every kind in one file', () => {
  it('are told together, without what only follows from them', () => {
    const text = `fairlead: v1
application: shop
services:
  web:
    type: ssh/tra
    artefact: { directory: /builds, match: 'web-(?<build>.+).tgz' }
    variables: { port: 8080 }
    start: bin/start --port \${serviceVariable.prot}
environments:
  prod:
    infrastructure:
      dc1: { hosts: [a, a], login: { user: deploy, password: plain } }
workflows:
  ship: { type: canary, service: web, environment: prod, batch: 25%, verify: [{ htpp: x }] }
  other: { type: basic, service: wbe, environment: prod }
`;
    expect(problemsOf(text).map((each) => each.slice(0, each.indexOf(': ')))).toEqual([
      'services.web.type',
      'services.web.artefact',
      'services.web.start',
      'environments.prod.infrastructure.dc1.hosts[1]',
      'environments.prod.infrastructure.dc1.login.password',
      'workflows.ship.type',
      'workflows.ship.verify[0].htpp',
      'workflows.other.service',
    ]);
  });

  it('in a file that cannot be read do not make its neighbors wrong', () => {
    const files = [
      { name: 'services.yaml', text: 'fairlead: v1\napplication: shop\nservices: {\n' },
      {
        name: 'workflows.yaml',
        text: 'fairlead: v1\napplication: shop\nworkflows:\n  s: { type: basic, service: a, environment: b, batch: 1 }\n',
      },
    ];
    let next = 0;
    const applied = applyFiles(null, files, { newId: () => `id${++next}` });
    expect('problems' in applied && applied.problems.map((each) => [each.file, each.path])).toEqual([
      ['services.yaml', ''],
      ['workflows.yaml', 'workflows.s.batch'],
    ]);
  });
});
