import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { applyFiles } from './change-set.ts';

let ids = 0;
const problems = (...texts: readonly string[]) => {
  const files = texts.map((text, index) => ({ name: `file-${index + 1}.yaml`, text }));
  const result = applyFiles(null, files, { newId: () => `id${(ids += 1)}` });
  return 'problems' in result ? result.problems.map(({ line, path, reason }) => ({ line, path, reason })) : [];
};
const reasons = (...texts: readonly string[]): readonly string[] => problems(...texts).map((each) => each.reason);

const base = (guards: string): string => `fairlead: v1
application: shop
${guards}
services:
  web: { type: ssh/other, commands: { Install: [exec: 'true'] } }
  api: { type: ssh/other, commands: { Install: [exec: 'true'] } }
environments:
  prod: { infrastructure: { dc1: { hosts: [h1], login: { user: u, key: 'secret:file:/k' } } } }
workflows:
`;
const workflow = (name: string, steps: string, more = '', service = name): string =>
  `  ${name}: { type: basic, service: ${service}, environment: prod, verify: [${steps}]${more} }\n`;
const together = (web: string, api: string, guards = '', more = ''): string =>
  `${base(guards)}${workflow('web', web)}${workflow('api', api)}pipelines:
  all: { stages: [[{ workflow: web${more} }, api]] }
`;
const hang = (...lines: readonly string[]): string =>
  ['its workflows can come to wait for each other:', ...lines.map((line) => `    ${line}`)].join('\n');

describe('of the workflows of a stage it is proven that they do not wait for each other', () => {
  it.each([
    [
      'barriers in different orders',
      ['barrier: a, barrier: b', 'barrier: b, barrier: a'],
      ["web: waits at 'a' (comes to 'b' after it)", "api: waits at 'b' (comes to 'a' after it)"],
    ],
    [
      'a guard of one, held at a barrier',
      ['guard: one, barrier: done', 'guard: one, barrier: done', 'guards: { one: 1 }'],
      ["web: waits for 'one' (comes to 'done' after it)", "api: waits at 'done' (holds 'one')"],
    ],
    [
      'two guards in different orders',
      ['guard: one, guard: two', 'guard: two, guard: one', 'guards: { one: 1, two: 1 }'],
      ["web: waits for 'two' (holds 'one')", "api: waits for 'one' (holds 'two')"],
    ],
    [
      'a guard that the other keeps to the end of the pipeline',
      ['guard: { constraint: one, scope: pipeline }', 'guard: one', 'guards: { one: 1 }'],
      ["web: has ended (holds 'one')", "api: waits for 'one'"],
    ],
  ] as const)('%s', (_, [web, api, guards = ''], lines) => {
    const found = problems(together(web, api, guards)).filter(({ path }) => path.startsWith('pipelines'));
    expect(found).toEqual([{ line: 13, path: 'pipelines.all.stages[0]', reason: hang(...lines) }]);
  });

  it.each([
    ['the same order', ['barrier: a, barrier: b', 'barrier: a, barrier: b']],
    ['barriers that only one of them has', ['barrier: a, barrier: b', 'barrier: c, barrier: a']],
    [
      'barriers met at once',
      ['barrier: a, { barrier: b, withPrevious: true }', 'barrier: b, { barrier: a, withPrevious: true }'],
    ],
    [
      'conditions that decide',
      ['barrier: a, { barrier: b, skip: \'${workflow.name} == "x"\' }', 'barrier: b, barrier: a'],
    ],
    ['a step that is always skipped', ["barrier: a, { barrier: b, skip: 'true' }", 'barrier: b, barrier: a']],
    ['room for both', ['guard: one, barrier: done', 'guard: one, barrier: done', 'guards: { one: 2 }']],
    [
      'what is given back before they meet',
      [
        'guard: { constraint: one, unit: a }, barrier: done',
        'guard: { constraint: one, unit: b }, barrier: done',
        'guards: { one: 1 }',
      ],
    ],
    [
      'a unit that is not known',
      [
        "guard: { constraint: one, unit: '${infra.name}' }, barrier: done",
        'guard: one, barrier: done',
        'guards: { one: 1 }',
      ],
    ],
  ] as const)('nothing is said of %s', (_, [web, api, guards = '']) => {
    expect(reasons(together(web, api, guards))).toEqual([]);
  });

  it('nothing of a member that is skipped', () => {
    const texts = ['barrier: a, barrier: b', 'barrier: b, barrier: a'] as const;
    expect(reasons(together(...texts, '', ', skip: always'))).toEqual([]);
    expect(reasons(together(...texts, '', ', skip: \'${pipeline.name} == "x"\''))).toEqual([]);
  });

  it('a lock that both take, and a barrier in the deployment', () => {
    const text = `${base('')}${workflow('web', 'barrier: done')}${workflow('again', 'barrier: done', '', 'web')}pipelines:
  all: { stages: [[web, again]] }
`;
    expect(reasons(text)).toEqual([
      hang(
        "web: waits for the lock of web on dc1 (comes to 'done' after it)",
        "again: waits at 'done' (holds the lock of web on dc1)",
      ),
    ]);
    expect(reasons(text.replaceAll('verify: [', 'concurrency: none, verify: ['))).toEqual([]);
  });
});

describe('of executions that run at the same time it is proven that they do not wait for each other', () => {
  const GUARDS = 'guards: { one: 1, two: 1, three: 1, many: 2 }';
  const BOTH = 'executions that run at the same time can come to wait for each other:';
  const apart = (web: string, api: string): readonly string[] =>
    reasons(`${base(GUARDS)}${workflow('web', web)}${workflow('api', api)}`);

  it.each([
    [
      'guards in different orders',
      'guard: one, guard: two',
      'guard: two, guard: one',
      ["web: waits for 'two' (holds 'one')", "api: waits for 'one' (holds 'two')"],
    ],
    [
      'a guard larger than one',
      'guard: many, guard: two',
      'guard: two, guard: { constraint: many, permits: 2 }',
      ["web: waits for 'two' (holds 1 of 2 of 'many')", "api: waits for 2 of 2 of 'many' (holds 'two')"],
    ],
  ])('%s', (_, web, api, lines) => {
    expect(apart(web, api)).toHaveLength(1);
    const text = apart(web, api)[0] ?? '';
    expect(text.startsWith(BOTH)).toBe(true);
    expect(
      text
        .split('\n')
        .slice(1)
        .map((line) => line.trim())
        .toSorted(),
    ).toEqual(lines.toSorted());
  });

  it('more of a guard while some of it is held, by the same workflow twice', () => {
    const more = ', concurrency: none';
    const text = `${base(GUARDS)}${workflow('web', 'guard: many, guard: many', more)}`;
    expect(reasons(text)[0]).toContain("web (2): waits for 1 of 2 of 'many' (holds 1 of 2 of 'many')");
    // The lock lets only one of them in.
    expect(reasons(text.replace(more, ''))).toEqual([]);
  });

  it('guards that a pipeline keeps from stage to stage', () => {
    const text = `${base(GUARDS)}${workflow('web', 'guard: { constraint: one, scope: pipeline }')}${workflow('api', 'guard: { constraint: two, scope: pipeline }')}pipelines:
  up: { stages: [web, api] }
  down: { stages: [api, web] }
`;
    expect(reasons(text)).toHaveLength(1);
    expect(reasons(text.replace('[api, web]', '[web, api]'))).toEqual([]);
    expect(reasons(text.replaceAll(', scope: pipeline', ''))).toEqual([]);
  });

  it.each([
    ['the same order', 'guard: one, guard: two', 'guard: one, guard: two'],
    [
      'a guard in front that keeps them apart',
      'guard: three, guard: one, guard: two',
      'guard: three, guard: two, guard: one',
    ],
    ['what is given back with the phase it was taken in', 'guard: one', 'guard: two, guard: one'],
    [
      'conditions that decide',
      'guard: one, { guard: two, skip: \'${workflow.name} == "x"\' }',
      'guard: two, guard: one',
    ],
  ])('nothing is said of %s', (_, web, api) => {
    expect(apart(web, api)).toEqual([]);
  });

  it('nor of what was so before, and is not touched now', () => {
    const hanging = `${base(GUARDS)}${workflow('web', 'guard: one, guard: two')}${workflow('api', 'guard: two, guard: one')}`;
    expect(reasons(hanging)).toHaveLength(1);
    expect(reasons(hanging.replace('two, guard: one', 'two'))).toEqual([]);
  });
});

describe('of stages it is proven that they are reached', () => {
  const QA = '{ approval: { groups: [qa], publish: answer }, skip: always, name: QA }';

  it('some stage is', () => {
    const text = `${base('')}${workflow('web', '')}pipelines: { all: { stages: [{ workflow: web, skip: always }, { workflow: web, skip: 'true', name: b }] } }\n`;
    expect(problems(text)).toMatchObject([
      { path: 'pipelines.all.stages', reason: 'every stage is always skipped, so none is ever reached' },
    ]);
    expect(reasons(text.replace(', skip: always', ''))).toEqual([]);
  });

  it('with what they ask for', () => {
    const text = `${base('')}${workflow('web', '')}pipelines: { all: { stages: [${QA}, { workflow: web, skip: '\${answer.ok} == "x"' }] } }\n`;
    expect(reasons(text)).toEqual([
      "'answer' is published by the stage 'QA' alone, which is always skipped: the stage would fail when it is reached",
    ]);
    expect(reasons(text.replace(', skip: always', ''))).toEqual([]);
  });
});

it('no example gives a false alarm', () => {
  const folder = new URL('../../deploy/examples/', import.meta.url);
  for (const name of readdirSync(folder)) {
    expect(problems(readFileSync(new URL(`${name}/fairlead.yaml`, folder), 'utf8')), name).toEqual([]);
  }
});
