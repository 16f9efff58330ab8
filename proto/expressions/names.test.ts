import { describe, expect, it } from 'vitest';
import { isPublishName, isReservedWord, isVariableName, FUNCTOR_NAMES, RESERVED_WORDS } from './index.ts';
import { nearestName } from './names.ts';

describe('names', () => {
  it.each(['port', 'A_1', '_x', '9lives', 'constructor'])('%s may name a variable', (name) =>
    expect(isVariableName(name)).toBe(true),
  );
  it.each(['', 'a-b', 'a.b', 'a b', 'é', 'a\n', '${x}', ...RESERVED_WORDS])('%j may not', (name) =>
    expect(isVariableName(name)).toBe(false),
  );
  it.each(['or', 'div', 'return', 'shellScriptProvisioner'])('%s is reserved', (word) =>
    expect(isReservedWord(word)).toBe(true),
  );
  it.each(['terraform', 'k8s', 'var', 'ami', 'deploySweepingOutputEcs', ...FUNCTOR_NAMES])(
    'nothing is published as %s',
    (name) => expect(isPublishName(name)).toBe(false),
  );
  it('publishes under other names', () => expect(isPublishName('build')).toBe(true));
});

describe('the nearest name', () => {
  it.each([
    ['nmae', ['name', 'description'], 'name'],
    ['Name', ['name'], 'name'],
    ['hostname', ['hostName', 'host'], 'hostName'],
    ['prt', ['port', 'part2'], 'port'],
    ['x', ['y', 'z'], null],
    ['zzz', ['name'], null],
    ['a'.repeat(200), ['a'.repeat(200)], null],
    ['name', [], null],
  ])('of %s in %j is %s', (wanted, existing, expected) => expect(nearestName(wanted, existing)).toBe(expected));
});
