import { describe, expect, it } from 'vitest';
import { parseFiles } from './parse.ts';
import { SOURCE_LIMITS } from './read-yaml.ts';

const read = (...texts: string[]) => parseFiles(texts.map((text, index) => ({ name: `file-${index + 1}.yaml`, text })));

const located = (...texts: string[]): readonly string[] =>
  read(...texts).problems.map(({ file, line, column, path, reason }) => `${file}:${line}:${column} ${path}: ${reason}`);

const HEAD = 'fairlead: v1\napplication: shop\n';

describe('problems', () => {
  it('tells five mistakes of one file, each where it is and how it is mended', () => {
    const text = `${HEAD}services:
  web:
    type: ssh/tra
    artefact: { directory: /builds, match: 'web-(?<build>.+).tgz' }
    variables: { port: 8080 }
    ready: { port: 70000 }
environments:
  prod:
    infrastructure:
      dc1: { hosts: [a], login: { user: deploy, password: hunter2 } }
workflows:
  ship: { type: canery, service: web, environment: prod }
`;
    const { problems } = read(text);
    expect(problems.map(({ line, column, path, reason, mend }) => ({ line, column, path, reason, mend }))).toEqual([
      {
        line: 5,
        column: 11,
        path: 'services.web.type',
        reason: "'ssh/tra' is not possible here",
        mend: expect.stringContaining("Did you mean 'ssh/tar'?"),
      },
      {
        line: 6,
        column: 5,
        path: 'services.web.artefact',
        reason: "unknown key 'artefact'",
        mend: "Did you mean 'artifact'?",
      },
      {
        line: 8,
        column: 20,
        path: 'services.web.ready.port',
        reason: 'ports end at 65535',
        mend: 'Write 1 to 65535.',
      },
      {
        line: 12,
        column: 59,
        path: 'environments.prod.infrastructure.dc1.login.password',
        reason: 'this must name a secret',
        mend: expect.stringContaining('secret:file:'),
      },
      {
        line: 14,
        column: 17,
        path: 'workflows.ship.type',
        reason: "'canery' is not possible here",
        mend: expect.stringContaining("Did you mean 'canary'?"),
      },
    ]);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });

  it.each([
    { given: 'no YAML', text: 'a: [1', expected: [expect.stringMatching(/^file-1.yaml:1:6 : this is no YAML: /)] },
    {
      given: 'an expression that YAML reads as a map',
      text: `${HEAD}workflows:\n  s: { service: \${Service}, environment: e }\n`,
      expected: [expect.stringMatching(/^file-1.yaml:4:\d+ : this is no YAML: /)],
    },
    { given: 'nothing', text: '# empty\n', expected: ['file-1.yaml:1:1 : there is no definition in it'] },
    { given: 'a list', text: '- 1\n', expected: ['file-1.yaml:1:1 : a definition is a map'] },
    {
      given: 'a key twice',
      text: `${HEAD}services:\n  web: { type: ssh/other }\n  web: { type: ssh/jar }\n`,
      expected: ["file-1.yaml:5:3 services.web: 'web' stands here twice"],
    },
    {
      given: 'a name with a meaning for JavaScript',
      text: `${HEAD}services:\n  __proto__: { type: ssh/other }\n`,
      expected: ["file-1.yaml:4:3 services.__proto__: '__proto__' cannot be used as a name"],
    },
    {
      given: 'a variable with a meaning for JavaScript',
      text: `${HEAD}workflows:\n  s:\n    type: basic\n    service: a\n    environment: b\n    inputs: { "__proto__": 1 }\n    verify: [{ script: x, outputs: [__proto__] }]\n`,
      expected: [
        "file-1.yaml:8:15 workflows.s.inputs.__proto__: '__proto__' cannot be used as a name",
        'file-1.yaml:9:37 workflows.s.verify[0].outputs[0]: this word has a meaning of its own in expressions',
      ],
    },
    {
      given: 'another version',
      text: 'fairlead: v2\napplication: a\n',
      expected: ["file-1.yaml:1:11 fairlead: 'v2' is not possible here"],
    },
    {
      given: 'no application',
      text: 'fairlead: v1\n',
      expected: ["file-1.yaml:1:1 application: 'application' is missing"],
    },
    {
      given: 'a private key anywhere',
      text: `${HEAD}services:\n  web:\n    type: ssh/other\n    variables:\n      key: |\n        -----BEGIN OPENSSH PRIVATE KEY-----\n        abc\n`,
      expected: ['file-1.yaml:7:12 services.web.variables.key: a private key must not stand in a definition'],
    },
    {
      given: 'a step of no kind',
      text: `${HEAD}workflows:\n  s: { type: basic, service: a, environment: b, verify: [{ htpp: x }, {}, 3] }\n`,
      expected: [
        "file-1.yaml:4:60 workflows.s.verify[0].htpp: unknown key 'htpp'",
        'file-1.yaml:4:71 workflows.s.verify[1]: the map is empty',
        expect.stringContaining('workflows.s.verify[2]: expected a map'),
      ],
    },
    {
      given: 'a parameter twice, and one that is missing',
      text: `${HEAD}workflows:\n  s: { type: basic, service: a, environment: b, verify: [{ http: { url: x }, url: y }, { http: {} }] }\n`,
      expected: [
        "file-1.yaml:4:78 workflows.s.verify[0].url: 'url' stands inside 'http' and beside it",
        "file-1.yaml:4:90 workflows.s.verify[1].http: 'http' needs 'url'",
      ],
    },
    {
      given: 'what is not there yet',
      text: `${HEAD}services:\n  k: { type: kubernetes }\nworkflows:\n  s:\n    type: basic\n    service: a\n    environment: b\n    phases: []\n    onFailure: [{ do: pray }, { do: ignore, tolerate: 100% }]\n`,
      expected: [
        'file-1.yaml:4:14 services.k.type: kubernetes is not available yet: ssh is',
        "file-1.yaml:11:23 workflows.s.onFailure[0].do: 'pray' is not possible here",
        'file-1.yaml:11:55 workflows.s.onFailure[1].tolerate: neither a count of hosts nor a percentage below 100%',
      ],
    },
    {
      given: 'wrong units',
      text: `${HEAD}workflows:\n  s: { type: basic, service: a, environment: b, hosts: 120%, verify: [{ http: x, timeout: 30 }, { http: x, timeout: 5 parsecs }, { http: x, timeout: 30d }] }\n`,
      expected: [
        'file-1.yaml:4:56 workflows.s.hosts: neither a count nor a percentage up to 100%',
        'file-1.yaml:4:91 workflows.s.verify[0].timeout: expected text, found 30',
        'file-1.yaml:4:117 workflows.s.verify[1].timeout: this is no duration',
        'file-1.yaml:4:150 workflows.s.verify[2].timeout: no timer may be longer than 24 days',
      ],
    },
    {
      given: 'names that cannot be',
      text: `${HEAD}services:\n  we.b: { type: ssh/other }\n  web: { type: ssh/other, variables: { a-b: 1, or: 2 } }\n`,
      expected: [
        'file-1.yaml:4:3 services["we.b"]: names are made of letters, digits, space, - and _',
        'file-1.yaml:5:40 services.web.variables.a-b: variable names are made of letters, digits and _',
        'file-1.yaml:5:48 services.web.variables.or: this word has a meaning of its own in expressions',
      ],
    },
    {
      given: 'a host name that would break an id',
      text: `${HEAD}environments:\n  p: { infrastructure: { d: { hosts: [a/b, 'c d'], login: { user: u, key: 'secret:env:K' } } } }\n`,
      expected: [
        'file-1.yaml:4:39 environments.p.infrastructure.d.hosts[0]: a host name has no space and none of / @ # $',
        'file-1.yaml:4:44 environments.p.infrastructure.d.hosts[1]: a host name has no space and none of / @ # $',
      ],
    },
  ])('$given', ({ text, expected }) => {
    expect(located(text)).toEqual(expected);
  });

  it('fills in no more aliases than a definition can need', () => {
    const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level <= 8; level += 1) {
      bomb.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(', ')}]`);
    }
    expect(located(bomb.join('\n')).join('\n')).toContain('aliases filled in');
  });

  it.each(['[', '{a: '])('reads no bottomless nesting of %j', (open) => {
    expect(located(open.repeat(20_000))).not.toEqual([]);
  });

  it('takes no more than it can hold', () => {
    const text = '#'.repeat(SOURCE_LIMITS.totalCharacters + 1);
    expect(located(text)).toEqual([expect.stringContaining('can be applied at once')]);
  });
});

describe('several files', () => {
  const service = 'services:\n  web: { type: ssh/other }\n';
  const environment = 'environments:\n  prod: {}\n';

  it('mean the same as one, and as documents of one', () => {
    const plain = (...texts: string[]): unknown => {
      const { entities, problems } = read(...texts);
      expect(problems).toEqual([]);
      return entities.map(({ kind, application, name, spec }) => ({ kind, application, name, spec }));
    };
    const one = plain(HEAD + service + environment);
    expect(plain(HEAD + service, HEAD + environment)).toEqual(one);
    expect(plain(`${HEAD}${service}---\n${HEAD}${environment}`)).toEqual(one);
  });

  it('may name an application often and describe it once', () => {
    const described = 'fairlead: v1\napplication: { name: shop, description: Sells books }\n';
    expect(located(HEAD + service, described, HEAD + environment)).toEqual([]);
    expect(located(described, described)).toEqual([
      "file-2.yaml:2:1 application: the application 'shop' is defined twice: also in file-1.yaml, line 2",
    ]);
  });

  it('define each thing once', () => {
    expect(located(HEAD + service, HEAD + service)).toEqual([
      "file-2.yaml:4:3 services.web: the service 'web' is defined twice: also in file-1.yaml, line 4",
    ]);
  });
});
