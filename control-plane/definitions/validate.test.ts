import { describe, expect, it } from 'vitest';
import { problemsOf, replaced, shipWith, SHOP } from './catalog-fixture.ts';
import { applyFiles } from './change-set.ts';

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
    ...[
      ['0', 'the release that runs always stays. Write 1 or more.'],
      ['1.5', 'releases are counted in whole numbers. Write 1 or more.'],
      ['101', 'at most a hundred releases are kept. Write 100 or less.'],
    ].map(([keep = '', why = '']) => ({
      given: `keep: ${keep}`,
      text: replaced('    stop: bin/stop', `    stop: bin/stop\n    keep: ${keep}`),
      expected: [`services.web.keep: ${why}`],
    })),
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
  ship: { type: canery, service: web, environment: prod, batch: 25%, verify: [{ htpp: x }] }
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
