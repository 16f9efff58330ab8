import { expect, it } from 'vitest';
import { agoText, bytesText, durationMs, elapsedText } from './time-text.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

it.each([
  [-5, '0s'],
  [900, '<1s'],
  [59 * SECOND, '59s'],
  [MINUTE + 4 * SECOND, '1m 04s'],
  [2 * HOUR + 5 * MINUTE, '2h 05m'],
  [51 * HOUR, '2d 03h'],
])('shows %d ms as %s', (ms, text) => {
  expect(elapsedText(ms)).toBe(text);
});

it.each([
  [-9 * SECOND, 'just now'],
  [12 * SECOND, '12s ago'],
  [7 * MINUTE, '7 min ago'],
  [3 * HOUR, '3 h ago'],
  [25 * HOUR, 'yesterday'],
  [80 * HOUR, '3 days ago'],
])('shows %d ms back as %s', (ms, text) => {
  expect(agoText(1_000_000_000 - ms, 1_000_000_000)).toBe(text);
});

it('measures to the end, or to now while there is none', () => {
  expect([durationMs(null, null, 9), durationMs(2, 5, 9), durationMs(2, null, 9), durationMs(20, null, 9)]).toEqual([
    null,
    3,
    7,
    0,
  ]);
});

it('shows sizes', () => {
  expect([bytesText(12), bytesText(4_096), bytesText(5 * 1024 * 1024)]).toEqual(['12 B', '4.0 KB', '5.0 MB']);
});
