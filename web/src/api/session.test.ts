import { expect, it } from 'vitest';
import { Session } from './session.ts';

it('ends with a 401 after it was there, and is back with the next good answer', () => {
  const session = new Session();
  const told: boolean[] = [];
  const stop = session.onChange(() => told.push(session.ended));
  for (const status of [401, 200, 404, 401, 401, 500, 200, 401]) session.note(status);
  expect(told).toEqual([true, false, true]);
  stop();
  session.note(200);
  expect([session.ended, told.length]).toEqual([false, 3]);
});
