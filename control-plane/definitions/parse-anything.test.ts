import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyFiles } from './change-set.ts';
import { parseFiles } from './parse.ts';

const read = (...texts: string[]) => parseFiles(texts.map((text, index) => ({ name: `file-${index + 1}.yaml`, text })));

describe('whatever the text', () => {
  const fragments = [
    'fairlead: v1\n',
    'application: shop\n',
    'services:\n',
    '  web:\n',
    '    type: ssh/tar\n',
    '    start: x\n',
    'workflows:\n',
    '  ship:\n',
    '    verify:\n',
    '      - http: x\n',
    '        nope: 1\n',
    '&a ',
    '*a',
    '---\n',
    '- ',
    '{',
    '}',
    '[',
    ']',
    ': ',
    '!!set ',
    '? ',
    '|\n',
    '"',
    "'",
    '%',
    '\t',
    '\u0000',
    '\ufeff',
    '${',
    'secret:',
    '<<: ',
    '__proto__: 1\n',
    'null',
    '~\n',
  ];
  it('never throws, and locates what it finds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom(...fragments), fc.string({ maxLength: 8 })), { maxLength: 40 }),
        (parts) => {
          const text = parts.join('');
          const { problems } = read(text);
          for (const { line, column, reason, mend } of problems) {
            expect(line).toBeGreaterThanOrEqual(1);
            expect(line).toBeLessThanOrEqual(text.split('\n').length + 1);
            expect(column).toBeGreaterThanOrEqual(1);
            expect(reason).not.toBe('');
            expect(mend).not.toBe('');
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('never throws on any data in any place', () => {
    const json = fc.jsonValue({ maxDepth: 3 });
    const key = fc.constantFrom(
      'type',
      'services',
      'start',
      'commands',
      'hosts',
      'login',
      'verify',
      'http',
      'steps',
      'onFailure',
      'x',
    );
    const tree = fc.letrec((tie) => ({
      node: fc.oneof({ maxDepth: 5 }, json, fc.dictionary(key, tie('node')), fc.array(tie('node'), { maxLength: 3 })),
    })).node;
    fc.assert(
      fc.property(tree, tree, tree, (service, environment, workflow) => {
        const document = {
          fairlead: 'v1',
          application: 'shop',
          services: { web: service },
          environments: { prod: environment },
          workflows: { ship: workflow },
        };
        let next = 0;
        const file = { name: 'any', text: JSON.stringify(document) };
        const applied = applyFiles(null, [file], { newId: () => `id${++next}` });
        expect('problems' in applied ? applied.problems : applied.changes).not.toEqual([]);
      }),
      { numRuns: 30 },
    );
  });
});
