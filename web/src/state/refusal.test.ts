import { expect, it } from 'vitest';
import { RequestFailed } from '../api/http-client.ts';
import { refusalOf } from './refusal.ts';

it.each([
  [0, 'The control plane does not answer.'],
  [401, 'You are not logged in any more.'],
  [403, 'You may not do this: x'],
  [404, 'It is not there any more: x'],
  [409, 'Not taken: x'],
  [503, 'The control plane could not do it: x'],
  [422, 'x'],
])('says of status %i: %s', (status, title) => {
  expect(refusalOf(new RequestFailed(status, 'x', [])).title).toBe(title);
});

it('tells what was lost with the answer, and that nothing written is', () => {
  for (const status of [0, 401]) expect(refusalOf(new RequestFailed(status, 'x', [])).mends[0]).toContain('form');
});

it('puts what is wrong with a field at the field, and says it once', () => {
  const fields = [{ field: 'values.ticket', reason: "'x' does not match CHG-\\d+", mend: 'Give one that does.' }];
  const refusal = refusalOf(new RequestFailed(400, 'all of it', ['Give one that does.'], fields), 'values');
  expect(refusal.title).toBe('Not taken: look at the marked fields.');
  expect(refusal.fields.get('ticket')).toBe("'x' does not match CHG-\\d+. Give one that does.");
  expect(refusal.mends).toEqual([]);
});

it('keeps the whole message when something else is wrong, too', () => {
  const fields = [
    { field: 'values.ticket', reason: 'no', mend: '' },
    { field: 'artifacts.web', reason: 'there is no build', mend: 'Build one.' },
  ];
  const refusal = refusalOf(new RequestFailed(400, 'no; there is no build', ['Build one.'], fields), 'values');
  expect(refusal).toMatchObject({ title: 'no; there is no build', mends: ['Build one.'] });
  expect(refusal.fields.size).toBe(1);
});

it('says what a bug of the page says', () => {
  expect(refusalOf(new Error('odd'))).toMatchObject({ title: 'odd', mends: [] });
});
