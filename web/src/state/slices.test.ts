import type { Moment } from '@fairlead/proto/live.ts';
import { expect, it } from 'vitest';
import { indexOfSeq, slicesOf } from './slices.ts';

const moment = (seq: number, at: number, more: Partial<Moment> = {}): Moment => ({
  seq,
  at,
  input: 'finished',
  actor: 'its agent',
  node: null,
  events: [{ event: 'StepEnded', node: 'r1/p1', text: 'SUCCESS' }],
  ...more,
});

it('makes one of the decisions that were written together', () => {
  const tick = moment(2, 14, { input: 'tick', actor: null, events: [{ event: 'Settled', node: null, text: '' }] });
  const slices = slicesOf([moment(1, 5), moment(2, 12), moment(2, 13), tick]);
  expect(slices).toEqual([
    { seq: 1, at: 5, title: 'finished, by its agent', events: [{ text: 'StepEnded: SUCCESS', node: 'r1/p1' }] },
    {
      seq: 2,
      at: 14,
      title: 'finished, by its agent, tick',
      events: [
        { text: 'StepEnded: SUCCESS', node: 'r1/p1' },
        { text: 'StepEnded: SUCCESS', node: 'r1/p1' },
        { text: 'Settled', node: null },
      ],
    },
  ]);
});

it('finds the moment that stands at a sequence', () => {
  const slices = slicesOf([moment(1, 5), moment(4, 6), moment(7, 9)]);
  expect([0, 1, 3, 4, 6, 7, 99].map((seq) => indexOfSeq(slices, seq))).toEqual([0, 0, 0, 1, 1, 2, 2]);
  expect(indexOfSeq([], 3)).toBe(0);
});
