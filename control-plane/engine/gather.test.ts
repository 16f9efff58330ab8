import { expect, it } from 'vitest';
import { gather } from './gather.ts';

const none: readonly number[] = [];
const one = [1];
const two = [2, 3];

it('puts together what is found in each, in their order, and leaves what it was given as it was', () => {
  const found = gather([none, one, none, two, [4]], (node) => node);
  expect(found).toEqual([1, 2, 3, 4]);
  expect(one).toEqual([1]);
  expect(two).toEqual([2, 3]);
});

it('copies nothing where there is nothing to put together', () => {
  expect(gather([none, two, none], (node) => node)).toBe(two);
  expect(gather([none, none], (node) => node)).toEqual([]);
});
