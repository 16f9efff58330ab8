import { describe, expect, it } from 'vitest';
import { resolveTemplate, runtime, scope } from './index.ts';

const outcome = (expression: string): string => {
  const resolution = resolveTemplate(`\${${expression}}`, scope([{ t: runtime('Hello, World'), n: runtime(8080) }]));
  if (!resolution.ok) return `! ${resolution.failures[0]?.message}`;
  return typeof resolution.value === 'string' ? resolution.value : 'late';
};

describe('methods of texts', () => {
  it.each([
    ["t.split(',')[1]", ' World'],
    ["t.split('l')", '["He","","o, Wor","d"]'],
    ["'a1b22c'.split('[0-9]+')", '["a","b","c"]'],
    ["'a.b.c'.split('.')", '["a","b","c"]'],
    ["'a.b.c'.split('\\\\.')", '["a","b","c"]'],
    ["'a,b,,'.split(',')", '["a","b"]'],
    ["'a,b,,'.split(',', -1)", '["a","b","",""]'],
    ["'a,b,c'.split(',', 2)", '["a","b,c"]'],
    ["'abc'.split('')", '["a","b","c"]'],
    ["','.split(',').size()", '0'],
    ["''.split(',').size()", '1'],
    ["'x|y'.split('|')[1]", 'y'],
    ["t.replace('l', 'L')", 'HeLLo, WorLd'],
    ["t.replace('.', '$1')", 'Hello, World'],
    ["'aa'.replace('a', '$&')", '$&$&'],
    ["t.replaceAll('[aeo]', '_')", 'H_ll_, W_rld'],
    ["t.replaceAll('(\\w+), (\\w+)', '$2 $1')", 'World Hello'],
    ["t.replaceAll('(?P<first>\\w+), (\\w+)', '\\${first}!')", 'Hello!'],
    ["'5'.replaceAll('5', '\\\\$5')", '$5'],
    ["t.replaceFirst('l', 'L')", 'HeLlo, World'],
    ['t.substring(7)', 'World'],
    ['t.substring(0, 5)', 'Hello'],
    ["t.contains('World')", 'true'],
    ['t.toLowerCase()', 'hello, world'],
    ['t.toUpperCase()', 'HELLO, WORLD'],
    ["'  x '.trim() + '|' + ' y '.strip()", 'x|y'],
    ["t.startsWith('Hello')", 'true'],
    ["t.startsWith('World', 7)", 'true'],
    ["t.endsWith('World')", 'true'],
    ["t.indexOf('o')", '4'],
    ["t.indexOf('o', 5)", '8'],
    ["t.indexOf('x')", '-1'],
    ["t.lastIndexOf('o')", '8'],
    ["t.lastIndexOf('o', 5)", '4'],
    ["t.lastIndexOf('H', -1)", '-1'],
    ['t.length()', '12'],
    ["''.isEmpty()", 'true'],
    ["' '.isBlank()", 'true'],
    ['t.charAt(4)', 'o'],
    ["t.concat('!')", 'Hello, World!'],
    ["t.matches('Hello.*')", 'true'],
    ["t.matches('Hello')", 'false'],
    ["t.equals('x')", 'false'],
    ["t.equalsIgnoreCase('HELLO, world')", 'true'],
    ['t.toString()', 'Hello, World'],
    ["n.concat('/tcp')", '8080/tcp'],
    ['n.length()', '4'],
    ["t.toLowerCase().substring(0, t.indexOf(','))", 'hello'],
  ])('%s → %s', (expression, expected) => expect(outcome(expression)).toBe(expected));

  it.each([
    ['t.substring(13)', "'substring' reaches outside the text"],
    ['t.substring(3, 2)', "'substring' reaches outside the text"],
    ['t.substring(-1)', "'substring' reaches outside the text"],
    ["''.charAt(0)", "'charAt' reaches outside the text"],
    ["t.substring('1')", "argument 1 of 'substring' must be a whole number, not a text"],
    ['t.contains()', "'contains' takes 1 arguments, not 0"],
    ["t.split(',', 1, 2)", "'split' takes 1 or 2 arguments, not 3"],
    ['t.concat(null)', "argument 1 of 'concat' must be a text, not null"],
    ["t.replaceAll('(', 'x')", 'this is no regular expression'],
    ["t.replaceAll('l', '$1')", 'the pattern has no group 1'],
    ["t.replaceAll('l', '$')", "'$' in a replacement names a group"],
    ["t.replaceAll('l', '\\${x}')", "the pattern has no group 'x'"],
    ['t.getClass()', "a text has no method 'getClass'"],
    ["t.hasOwnProperty('x')", "a text has no method 'hasOwnProperty'"],
    ["t.constructor('x')", "a text has no method 'constructor'"],
    ["t.__proto__('x')", "a text has no method '__proto__'"],
  ])('%s fails: %s', (expression, message) => expect(outcome(expression)).toContain(message));
});
