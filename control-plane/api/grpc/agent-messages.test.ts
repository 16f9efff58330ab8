import { expect, test } from 'vitest';
import { FailureError } from '@fairlead/proto/model/failure.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import { readReport } from './agent-messages.ts';

test('a result comes in whole, with everything an agent can say of it', () => {
  // Required, so that whatever is added to results has to be added here.
  const result: Required<AttemptResult> = {
    outcome: 'CANCELED',
    failure: { code: 'CANCELED', message: 'stopped', field: 'a.b', details: { status: 1, tool: 'x', names: ['y'] } },
    outputs: { build: '7', nested: { list: [1, null, 'z'] } },
    blobs: { plan: 'sha256' },
    touched: true,
    confirmed: false,
    notes: ['not confirmed'],
    logBytes: 12_345,
  };
  const report = { report: 'finished', attemptId: 'e/run/p/s@web-1#1', result };
  expect(readReport(JSON.stringify({ ...report, ofANewerAgent: 1 }))).toEqual(report);
});

test('an end that cannot be read is one that nobody knows, not the end of the session', () => {
  const attemptId = 'e/run/p/s@web-1#1';
  // What JSON makes of a number that is none.
  const failed = { code: 'COMMAND_FAILED', message: 'it failed', details: { status: Number.NaN } };
  const told = { report: 'finished', attemptId, result: { outcome: 'FAILED', failure: failed, touched: false } };
  expect(readReport(JSON.stringify(told))).toMatchObject({
    report: 'finished',
    attemptId,
    result: { outcome: 'FAILED', touched: true, failure: { code: 'OUTCOME_UNKNOWN' } },
  });
});

test.each(['', '{', '{"report":"finished"}', '{"report":"starting","attemptId":"a"}', '{"report":"other"}'])(
  'what names no attempt or no report is refused: %s',
  (body) => {
    expect(() => readReport(body)).toThrow(FailureError);
  },
);

test('a failure that only a newer release knows is taken all the same, with its words', () => {
  const why = { code: 'MOON_IN_THE_WAY', message: 'no signal' };
  const released = { report: 'released', attemptId: 'e/run/p/s@web-1#1', assignment: 1, failure: why };
  expect(readReport(JSON.stringify(released))).toMatchObject({ failure: { code: 'INTERNAL', message: 'no signal' } });
});
