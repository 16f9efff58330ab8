import { expect, it } from 'vitest';
import { AgentPools } from './agent-pools.ts';

const standing = (load: number, selectors: readonly string[] = [], capacity = 2) => ({ load, selectors, capacity });

it('has the ones with the fewest tasks first, those without room last', () => {
  const pools = new AgentPools<string>();
  pools.place('full', standing(2));
  pools.place('one', standing(1));
  pools.place('idle', standing(0));
  pools.place('many, with room', standing(5, [], 10));
  expect([...pools.inOrder([])]).toEqual(['idle', 'one', 'many, with room', 'full']);
  pools.place('full', standing(0));
  expect([...pools.inOrder([])]).toEqual(['idle', 'full', 'one', 'many, with room']);
});

it('takes turns among equals', () => {
  const pools = new AgentPools<string>();
  for (const each of ['a', 'b', 'c']) pools.place(each, standing(0, ['dc1']));
  pools.hadItsTurn('a');
  expect([...pools.inOrder(['dc1'])]).toEqual(['b', 'c', 'a']);
  // Told again what was known: it keeps its place.
  pools.place('b', standing(0, ['dc1']));
  expect([...pools.inOrder(['dc1'])]).toEqual(['b', 'c', 'a']);
});

it('leaves out whoever lacks the rarest selector, and follows a change of them', () => {
  const pools = new AgentPools<string>();
  pools.place('a', standing(0, ['linux']));
  pools.place('b', standing(0, ['linux', 'dc1']));
  expect([...pools.inOrder(['linux', 'dc1'])]).toEqual(['b']);
  expect([...pools.inOrder(['nowhere'])]).toEqual([]);
  pools.place('b', standing(0, ['dc2']));
  expect([...pools.inOrder(['dc1'])]).toEqual([]);
  expect([...pools.inOrder(['linux'])]).toEqual(['a']);
  pools.withdraw('a');
  expect([...pools.inOrder(['linux'])]).toEqual([]);
  expect([...pools.inOrder([])]).toEqual(['b']);
});

it('is not led astray by what agents say of themselves', () => {
  const pools = new AgentPools<string>();
  pools.place('busiest', standing(1e9, [], 2e9));
  pools.place('idle', standing(0));
  expect([...pools.inOrder([])]).toEqual(['idle', 'busiest']);
});
