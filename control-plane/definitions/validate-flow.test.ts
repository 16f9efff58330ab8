import { describe, expect, it } from 'vitest';
import { guardsOf, type Catalog } from './catalog.ts';
import { applyFiles } from './change-set.ts';
import { explainCatalog, printDefinitions } from './explain.ts';

let ids = 0;
const options = { newId: () => `id${(ids += 1)}` };
const apply = (current: Catalog | null, ...texts: readonly string[]) =>
  applyFiles(
    current,
    texts.map((text, index) => ({ name: `file-${index + 1}.yaml`, text })),
    options,
  );

const SHOP = `fairlead: v1
application: shop
services: { web: { type: ssh/other, commands: { Install: [exec: 'true'] } } }
environments:
  prod: { infrastructure: { dc1: { hosts: [h1], login: { user: u, key: 'secret:file:/k' } } } }
workflows:
  ship:
    type: basic
    service: web
    environment: prod
`;
const GUARDS = `fairlead: v1
guards:
  deploys: { capacity: 5, strategy: asap }
  licence: 1
`;

function applied(...texts: readonly string[]): Catalog {
  const result = apply(null, ...texts);
  if ('problems' in result) throw new Error(JSON.stringify(result.problems));
  return result.catalog;
}
function problems(...texts: readonly string[]): readonly string[] {
  const result = apply(null, ...texts);
  return 'problems' in result ? result.problems.map((each) => `${each.path}: ${each.reason}`) : [];
}

describe('guards', () => {
  it('belong to the account, and come back as they were written', () => {
    const catalog = applied(GUARDS, SHOP);
    expect(guardsOf(catalog).map((each) => [each.application, each.name])).toEqual([
      ['', 'deploys'],
      ['', 'licence'],
    ]);
    const text = printDefinitions(catalog);
    expect(apply(catalog, text)).toMatchObject({ changeSet: null });
    expect(explainCatalog(catalog, { kind: 'guard' })).toContain('capacity: 1\n    strategy: fifo');
  });

  it('stand in a file with an application, too', () => {
    expect(guardsOf(applied(`${SHOP}guards: { licence: 1 }\n`))).toHaveLength(1);
  });

  it.each([
    ['a step names one that is not there', [SHOP, '    verify: [guard: deploys]\n'], "there is no guard 'deploys'"],
    [
      'more permits than there are',
      [`${SHOP}    verify: [guard: { constraint: licence, permits: 2 }]\n`, GUARDS],
      "2 permits of the guard 'licence', which has 1: it would wait for ever",
    ],
    ['no capacity', ['fairlead: v1\nguards: { a: 0 }\n'], 'nothing would ever fit'],
    [
      'a unit that is not known before the deployment',
      [`${SHOP}    before: [guard: { constraint: licence, unit: '\${infra.name}' }]\n`, GUARDS],
      "'infra' is not known here: service and hosts belong to the deployment itself",
    ],
  ])('refused: %s', (_, [first = '', second = ''], reason) => {
    const texts = second.startsWith(' ') ? [first + second] : [first, second].filter((each) => each !== '');
    expect(problems(...texts).map((each) => each.split(': ').slice(1).join(': '))).toContain(reason);
  });

  it('may not shrink below what a workflow asks for', () => {
    const catalog = applied(`${SHOP}    verify: [guard: { constraint: deploys, permits: 5 }]\n`, GUARDS);
    const result = apply(catalog, 'fairlead: v1\nguards: { deploys: 4 }\n');
    expect('problems' in result && result.problems.map((each) => each.reason)).toEqual([
      "with this change, 5 permits of the guard 'deploys', which has 4: it would wait for ever",
    ]);
  });
});

describe('barriers', () => {
  it('are plain words, once in a workflow, and none in a rollback', () => {
    expect(
      problems(`${SHOP}    verify: [barrier: done, barrier: done]
    after: [barrier: '\${workflow.name}']
    rollback: { 'Wrap Up': [barrier: back] }
`),
    ).toEqual([
      "workflows.ship.verify[1].barrier: the workflow has the barrier 'done' twice",
      'workflows.ship.after[0].barrier: an identifier is plain text, without expressions',
      'workflows.ship.rollback["Wrap Up"][0].barrier: nobody can be waited for in a rollback',
    ]);
  });
});

describe('a step that takes back all phases at once', () => {
  const at = (place: string, step: string): readonly string[] =>
    problems(`${SHOP}    ${place}: { Wrap Up: [{ ${step}, allPhases: true }] }\n`);

  it('stands in a rollback, and comes back as it was written', () => {
    expect(at('rollback', 'command: Install')).toEqual([]);
    const catalog = applied(`${SHOP}    rollback: { Deploy Service: [{ command: Install, allPhases: true }] }\n`);
    expect(apply(catalog, printDefinitions(catalog))).toMatchObject({ changeSet: null });
    expect(explainCatalog(catalog, { kind: 'workflow' })).toContain('allPhases: true');
  });

  it.each([
    ['on the way forward', 'sections', 'command: Install', 'only a rollback takes phases back'],
    ['of a step that only waits', 'rollback', 'approval: { groups: [ops] }', 'the step approval takes nothing back'],
  ])('is refused %s', (_name, place, step, why) => {
    expect(at(place, step)).toEqual([expect.stringContaining(why)]);
  });
});
