import { describe, expect, it } from 'vitest';
import type { Json } from '../model/json.ts';
import { resolveTemplate, runtime, scope } from './index.ts';
import { selectPath } from './json-path.ts';
import { Problem } from './problem.ts';

const body = '{"items":[{"a":"x","k":1},{"a":"y","k":2}],"name":"n","deep":{"b":[true]}}';

const outcome = (expression: string): string => {
  const world = scope([
    { body: runtime(body), tags: runtime([{ key: 'Name', value: 'web' }]), map: runtime({ Name: 'm' }) },
  ]);
  const resolution = resolveTemplate(`\${${expression}}`, world);
  if (!resolution.ok) return `! ${resolution.failures[0]?.message}`;
  return typeof resolution.value === 'string' ? resolution.value : 'late';
};

describe('functors', () => {
  it.each([
    ["regex.extract('[0-9]*', 'build-webservices-3935-0.noarch.rpm')", '3935'],
    ["regex.extract('[0-9]+-[0-9]+', 'build-webservices-3935-0.noarch.rpm')", '3935-0'],
    ["regex.extract('[0-9]+', 'none')", ''],
    ["json.select('name', body)", 'n'],
    ["json.select('$.items[?(@.a == \\'y\\')].k', body)", '[2]'],
    ['json.select("$.items[?(@.a == \'x\')]", body)', '[{"a":"x","k":1}]'],
    ["json.select('none', body)", ''],
    ['json.object(body).name', 'n'],
    ['json.object(body).deep.b[0]', 'true'],
    ["json.list('items', body).get(1).k", '2'],
    ["json.list('$.items', body)[0].a", 'x'],
    ["json.list('items', body).size()", '2'],
    ['json.format(json.object(body).deep)', '{"b":[true]}'],
    ["aws.tags.find(tags, 'Name')", 'web'],
    ["aws.tags.find(tags, 'name')", ''],
    ["aws.tags.find(map, 'Name')", 'm'],
  ])('%s → %s', (expression, expected) => expect(outcome(expression)).toBe(expected));

  it.each([
    ["json.list('name', body)", 'leads to a text, not to a list'],
    ["json.select('$..a', body)", "'..' is not supported"],
    ["json.select('a', 'secret text')", 'the text is not JSON'],
    ['json.object(\'{"a":1}\').b', "has no 'b'; it has a"],
    ["json.object('{}').constructor", "has no 'constructor'"],
    ['json.object(\'{"__proto__":1}\').__proto__', "has no '__proto__'"],
    [`json.object('${'['.repeat(200)}${']'.repeat(200)}')`, 'JSON may nest 100 deep'],
  ])('%s fails: %s', (expression, message) => expect(outcome(expression)).toContain(message));

  it('never quotes the text it could not read', () => {
    expect(outcome("json.object('secret text')")).not.toContain('secret');
  });
});

describe('JSON paths', () => {
  const json = JSON.parse(body) as Json; // written above
  it.each([
    ['$', json],
    ['', json],
    ['$.name', 'n'],
    ['name', 'n'],
    ["$['name']", 'n'],
    ['$["items"][0]["a"]', 'x'],
    ['$.items[0].k', 1],
    ['$.items[-1].k', 2],
    ['$.items[5].k', null],
    ['$.items[*].k', [1, 2]],
    ['$.deep.*', [[true]]],
    ['$.deep.*[0]', [true]],
    ['$.items[?(@.k > 1)].a', ['y']],
    ['$.items[?(@.k >= 1)].a', ['x', 'y']],
    ['$.items[?(@.k < 2)].a', ['x']],
    ['$.items[?(@.k <= 0)].a', []],
    ["$.items[?( @.a != 'x' )].k", [2]],
    ['$.items[?(@.none)].k', []],
    ['$.items[?(@.a)].k', [1, 2]],
    ['$.deep.b[?(@ == true)]', [true]],
    ['$.constructor', null],
    ['$.__proto__', null],
    ['$.name.length', null],
  ])('%s', (path, expected) => expect(selectPath(path, json, 0)).toEqual(expected));

  it.each([
    '$..a',
    '$.',
    '$[',
    '$[0',
    '$.a b',
    '$[?(@.a == x)]',
    '$[?(@.a == 1 && @.b == 2)]',
    '$(a)',
    '$name',
    '.a'.repeat(101),
  ])('%s is refused', (path) => expect(() => selectPath(path, json, 0)).toThrow(Problem));
});
