import type { AskedVariable } from '@fairlead/proto/live.ts';
import { expect, it } from 'vitest';
import { changedValues, defaultsOf, problemsIn } from './asked-values.ts';

const asked = (name: string, more: Partial<AskedVariable> = {}): AskedVariable => ({
  name,
  type: 'text',
  required: false,
  default: null,
  values: [],
  pattern: null,
  description: '',
  ...more,
});
const variables = [asked('ticket', { required: true }), asked('note', { default: 'none' }), asked('size')];

it('begins with the defaults', () => {
  expect(defaultsOf(variables)).toEqual({ ticket: '', note: 'none', size: '' });
});

it('sends what differs from the default, an emptied one too', () => {
  expect(changedValues(variables, { ticket: 'CHG-1', note: 'none', size: '' })).toEqual({ ticket: 'CHG-1' });
  expect(changedValues(variables, { ticket: '', note: '', size: 'x' })).toEqual({ note: '', size: 'x' });
});

it('misses what is required', () => {
  expect([...problemsIn(variables, { ticket: ' ', note: '', size: '' }).keys()]).toEqual(['ticket']);
  expect(problemsIn(variables, { ticket: 'CHG-1' }).size).toBe(0);
});
