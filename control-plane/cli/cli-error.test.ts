import { expect, it } from 'vitest';
import { connectionLost, saysNothingCame } from './cli-error.ts';

it('a stream in which nothing came is told from a connection that was lost', () => {
  // As Node's fetch says it.
  const silent = Object.assign(new Error('Body Timeout Error'), { code: 'UND_ERR_BODY_TIMEOUT' });
  const lost = Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' });
  const told = (cause: Error) => connectionLost('http://127.0.0.1', new TypeError('terminated', { cause }));
  expect(saysNothingCame(told(silent))).toBe(true);
  expect(saysNothingCame(told(lost))).toBe(false);
  expect(saysNothingCame(connectionLost('http://127.0.0.1', 'gone'))).toBe(false);
});
