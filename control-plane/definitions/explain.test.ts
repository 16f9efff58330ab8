import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catalogOf, SHOP } from './catalog-fixture.ts';
import { applyFiles } from './change-set.ts';
import { definitionItems, explainCatalog, printDefinitions } from './explain.ts';

const example = readFileSync(new URL('../../deploy/examples/bookstore/fairlead.yaml', import.meta.url), 'utf8');

describe('explaining', () => {
  it('shows every generated default of the bookstore example', async () => {
    await expect(explainCatalog(catalogOf(example))).toMatchFileSnapshot('snapshots/bookstore.explained.txt');
  });

  it.each([
    ['the bookstore example', example],
    ['every artifact type and override', SHOP],
  ])('%s gives definitions that explain to the same text', (_name, text) => {
    const explained = explainCatalog(catalogOf(text));
    expect(explainCatalog(catalogOf(explained))).toBe(explained);
  });

  it('prints one document per application, or a part of one', () => {
    const catalog = catalogOf(SHOP, 'fairlead: v1\napplication: other\n');
    expect(printDefinitions(catalog).split('---\n')).toHaveLength(2);
    expect(printDefinitions(catalog, { kind: 'workflow', name: 'ship' })).toBe(
      'fairlead: v1\napplication: shop\nworkflows:\n  ship:\n    type: basic\n    service: web\n    environment: prod\n',
    );
    expect(definitionItems(catalog, { kind: 'environment', name: 'qa' })).toMatchObject([
      { kind: 'environment', name: 'qa', spec: { infrastructure: { one: { hosts: [{ name: 'q1' }] } } } },
    ]);
  });
});

describe('whatever is defined', () => {
  const word = fc
    .stringMatching(/^[a-z][a-z0-9]{0,8}$/)
    .filter((each) => !/^(or|and|eq|ne|lt|gt|le|ge|div|mod|not|null|true|false|new|var|return|empty|size)$/.test(each));
  const text = fc.oneof(
    fc.string({ minLength: 1, maxLength: 30, unit: 'binary' }),
    fc.constantFrom(
      'yes',
      'null',
      '~',
      '0x10',
      '1e3',
      '- a',
      'a: b',
      '# c',
      '|',
      '>',
      "'",
      '"',
      ' x ',
      'a\nb\n',
      'a\n\n',
      '\t',
      '*a',
      '&a',
      '!b',
      '<<',
      '%d',
      '@',
      '`',
      '2001-01-01',
      '.inf',
      '\u2028',
      '\u0085',
    ),
  );
  const plain = text.filter(
    (each) => !each.includes('${') && !each.startsWith('secret:') && each !== '' && !/PRIVATE KEY/.test(each),
  );
  const service = fc.record(
    {
      type: fc.constantFrom('ssh/other', 'ssh/docker'),
      description: plain,
      variables: fc.dictionary(word, fc.oneof(plain, fc.integer(), fc.boolean()), { maxKeys: 3 }),
      start: plain,
      stop: fc.record({ script: plain, shell: fc.constantFrom('sh', 'bash') }, { requiredKeys: ['script'] }),
      ready: fc.record(
        { port: fc.integer({ min: 1, max: 65_535 }), within: fc.constantFrom('5s', '90s', '0') },
        { requiredKeys: ['port'] },
      ),
      configFiles: fc.dictionary(word, plain, { maxKeys: 2 }),
      keep: fc.integer({ min: 1, max: 100 }),
    },
    { requiredKeys: ['type'] },
  );

  it('printing and reading it again changes nothing, explained or as written', () => {
    fc.assert(
      fc.property(fc.dictionary(word, service, { minKeys: 1, maxKeys: 3 }), word, (services, application) => {
        const given = JSON.stringify({ fairlead: 'v1', application, services });
        const applied = applyFiles(null, [{ name: 'given', text: given }], { newId: counter() });
        if ('problems' in applied) throw new Error(JSON.stringify(applied.problems));
        const { catalog } = applied;
        const again = applyFiles(catalog, [{ name: 'again', text: printDefinitions(catalog) }], { newId: counter() });
        expect(again).toEqual({ changeSet: null, catalog, changes: [] });
        const explained = explainCatalog(catalog);
        expect(explainCatalog(catalogOf(explained))).toBe(explained);
      }),
      { numRuns: 50 },
    );
  });
});

function counter(): () => string {
  let next = 0;
  return () => `id${++next}`;
}
