import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../model/json.ts';
import {
  checkExpressions,
  configured,
  evaluateCondition,
  family,
  parseTemplate,
  references,
  resolveTemplate,
  resolveValue,
  runtime,
  scope,
  variables,
  LIMITS,
  RESERVED_WORDS,
} from './index.ts';

const world = scope([
  {
    env: family({ name: configured('qa') }, { closed: true }),
    open: family({ x: configured('${env.name}') }),
    v: variables({ a: '${v.b}${v.b}', b: '${v.a}', n: 5, t: 'text' }),
    out: runtime({ a: ['x', { y: 1 }], t: 'a.b', n: null, nested: { deep: true } }),
  },
]);

/** Pieces of the language and of shells, put together at random: most is nonsense, some of it is nearly right. */
const SIGNS = '${ } ( ) [ ] . , \' " \\ == && =~ + - ! ? : $ 0 1.5 .* (a+)+$ é 💥'.split(' ');
const WORDS =
  'env name v a t out HOME x get split replaceAll json select regex context secrets getValue constructor __proto__ prototype';
const pieces = fc.constantFrom(...SIGNS, ' ', '\n', ...WORDS.split(' '), ...RESERVED_WORDS);
const nonsense = fc.oneof(
  fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join('')),
  fc.array(pieces, { maxLength: 12 }).map((parts) => `\${${parts.join('')}}`),
  fc.string({ unit: 'binary', maxLength: 60 }),
);

const timed = <T>(run: () => T): { readonly outcome: T; readonly ms: number } => {
  const start = performance.now();
  const outcome = run();
  return { outcome, ms: performance.now() - start };
};

describe('whatever the text', () => {
  it('nothing is thrown, and failures have a message and a place', () => {
    fc.assert(
      fc.property(nonsense, (text) => {
        parseTemplate(text);
        references(text);
        references(text, 'condition');
        checkExpressions(text, 'text', world);
        checkExpressions(text, 'condition', world);
        for (const outcome of [resolveTemplate(text, world), evaluateCondition(text, world)]) {
          if (outcome.ok) continue;
          expect(outcome.failures.length).toBeGreaterThan(0);
          for (const each of outcome.failures) expect(each.message).toMatch(/^(line \d+, )?column \d+: ./);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it('text without an expression comes out as it went in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        fc.pre(!text.includes('${'));
        expect(resolveTemplate(text, world)).toEqual({ ok: true, value: text });
      }),
    );
  });

  it('where no name is known, any text comes out as it went in', () => {
    fc.assert(
      fc.property(nonsense, (text) => {
        const outcome = resolveTemplate(text, scope([]));
        fc.pre(!/["'(]|context|secrets|json|regex|null|true|false|\d/.test(text));
        expect(outcome).toEqual({ ok: true, value: text });
      }),
      { numRuns: 2_000 },
    );
  });

  it('the parts put together are the text', () => {
    fc.assert(
      fc.property(nonsense, (text) => {
        const { parts } = parseTemplate(text);
        const written = parts.map((part) =>
          typeof part === 'string' ? part : part.kind === 'expression' ? part.source : '${',
        );
        expect(written.join('')).toBe(text);
      }),
    );
  });

  it('runtime values come out as they are, whatever they hold', () => {
    fc.assert(
      fc.property(nonsense, (value) => {
        const within = scope([{ out: runtime({ value }), v: variables({ way: '${out.value}' }), env: variables({}) }]);
        expect(resolveTemplate('${out.value}', within)).toEqual({ ok: true, value });
        expect(resolveTemplate('${v.way}', within)).toEqual({ ok: true, value });
      }),
    );
  });

  it('any JSON resolves to a value or to failures', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const outcome = resolveValue(value as Json, world); // fast-check's own type for the same thing
        fc.pre(outcome.ok);
        expect(JSON.stringify(outcome.ok && outcome.value)).toBe(JSON.stringify(value));
      }),
    );
  });
});

describe('what every object inherits', () => {
  const inherited = [...Object.getOwnPropertyNames(Object.prototype), 'prototype', 'caller', 'arguments'];
  const strings = Object.getOwnPropertyNames(String.prototype);
  const arrays = Object.getOwnPropertyNames(Array.prototype).filter((name) => !/^\d+$/.test(name));

  it.each([...new Set([...inherited, ...strings, ...arrays])])('%s is no member of anything', (name) => {
    for (const object of ['env', 'out', 'v', 'out.nested', 'out.t', 'v.t', 'out.a']) {
      for (const path of [`${object}.${name}`, `${object}["${name}"]`]) {
        const outcome = resolveTemplate(`\${${path}}`, world);
        expect({ path, ok: outcome.ok }).toEqual({ path, ok: false });
      }
    }
    expect(resolveTemplate(`\${${name}.x}`, world)).toEqual({ ok: true, value: `\${${name}.x}` });
    expect(resolveTemplate(`\${open.${name}}`, world)).toEqual({ ok: true, value: `\${open.${name}}` });
    expect(resolveTemplate(`\${out.get("${name}")}`, world)).toEqual({ ok: true, value: '' });
  });
});

describe('time', () => {
  const bombs: readonly (readonly [string, string])[] = [
    ['a nested quantifier', "${v.t.matches('(a+)+$')}"],
    ['alternatives', "${v.t.matches('(a|aa)+$')}"],
    ['extraction', "${regex.extract('(a+)+$', v.t)}"],
    ['replacement', "${v.t.replaceAll('(a*)*b', 'x')}"],
    ['splitting', "${v.t.split('(a|a)*b')}"],
  ];
  it.each(bombs)('a regular expression cannot hang: %s', (_, text) => {
    const within = scope([{ v: family({ t: runtime(`${'a'.repeat(50_000)}!`) }) }]);
    const { ms } = timed(() => resolveTemplate(text, within));
    expect(ms).toBeLessThan(1_000);
  });

  it('a search that starts anew at every character ends in a failure', () => {
    const within = scope([{ v: family({ t: runtime('a'.repeat(200_000)) }) }]);
    const { outcome, ms } = timed(() => resolveTemplate("${v.t.replaceAll('a.*b|a', 'x')}", within));
    expect(outcome).toMatchObject({ ok: false });
    expect(ms).toBeLessThan(20_000);
  }, 30_000);

  it('a pattern that repeats nothing may match as often as it likes', () => {
    const within = scope([{ v: family({ t: runtime('a-'.repeat(60_000)) }) }]);
    expect(resolveTemplate("${v.t.replaceAll('[^a-z]', '_')}", within)).toEqual({
      ok: true,
      value: 'a_'.repeat(60_000),
    });
  });

  it('a regular expression that would grow without end is refused', () => {
    for (const pattern of ['((a{1,100}){1,100}){1,100}', '('.repeat(1_900), 'a{100000}', 'x'.repeat(2_001)]) {
      const within = scope([{ v: family({ p: runtime(pattern) }) }]);
      expect(timed(() => resolveTemplate("${'a'.matches(v.p)}", within))).toMatchObject({ outcome: { ok: false } });
    }
  });

  const fill = (unit: string): string => unit.repeat(Math.floor(LIMITS.textBytes / unit.length));
  it.each([
    '${',
    "${'",
    '${"',
    '${a+',
    '${(',
    '${[',
    '${a.b(',
    "${'${'",
    '${"${\'',
    '${a${',
    '}',
    '\\',
    '${a}',
    '${env.name}',
    "${'\\'",
    '${a+${b}+',
    '${-',
    '${!',
    '${x.',
    "${env.name + '",
    '${env.name(${',
    '${"a" "',
    '${\n',
    '${env.name ',
  ])(
    'reading 256 KB of %j does not take quadratic time',
    (unit) => {
      const text = fill(unit);
      const { ms } = timed(() => {
        parseTemplate(text);
        resolveTemplate(text, world);
      });
      expect(ms).toBeLessThan(20_000);
    },
    30_000,
  );
});
