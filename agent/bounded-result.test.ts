import { expect, it } from 'vitest';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import { boundedFailure, boundedResult, OUTPUT_BYTES, OUTPUTS_BYTES, refuseLargeCheckpoint } from './bounded-result.ts';

const success = (outputs: NonNullable<AttemptResult['outputs']>): AttemptResult => ({
  outcome: 'SUCCESS',
  outputs,
  touched: true,
  logBytes: 7,
});
const bytesOf = (value: object): number => Buffer.byteLength(JSON.stringify(value));

it('leaves what is small enough as it is, up to the bound', () => {
  const most = success({ text: 'é'.repeat(OUTPUT_BYTES / 2), list: ['x', { n: 1 }], nothing: null });
  expect(boundedResult(most)).toEqual(most);
  const failed: AttemptResult = {
    outcome: 'FAILED',
    failure: failure('CHECK_FAILED', 'no'),
    touched: false,
    notes: ['a'],
  };
  expect(boundedResult(failed)).toEqual(failed);
});

it('fails a success with an output that is too large, by its name, its size and the bound', () => {
  const result = success({ small: 'x', body: 'é'.repeat(OUTPUT_BYTES / 2 + 1), list: ['y'.repeat(OUTPUT_BYTES)] });
  expect(boundedResult(result)).toEqual({
    outcome: 'FAILED',
    failure: {
      code: 'TOO_LARGE',
      message: "the output 'body' has 262146 bytes, 'list' has 262148 bytes; an output may have 262144",
      field: 'outputs',
      details: { leftOut: ['body', 'list'] },
    },
    outputs: { small: 'x' },
    touched: true,
    logBytes: 7,
  });
});

it('fails a success whose outputs are too much together, and leaves out the largest', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const result = success({ tiny: 'x', ...Object.fromEntries(names.map((name) => [name, name.repeat(250_000)])) });
  const { failure: why, outputs } = boundedResult(result);
  expect(why?.message).toBe("the outputs have 1250052 bytes together, and may have 1048576; the largest of them: 'a'");
  expect(Object.keys(outputs ?? {})).toEqual(['tiny', 'b', 'c', 'd', 'e']);
});

it('counts what has to be escaped as it is sent', () => {
  const result = boundedResult(success({ zeros: '\0'.repeat(OUTPUT_BYTES) }));
  expect(result).toMatchObject({ outcome: 'FAILED', outputs: {} });
  expect(result.failure?.message).toContain("'zeros'");
});

it('keeps why it failed, and notes which outputs are left out', () => {
  const why = failure('ASSERTION_FAILED', 'it does not hold');
  const result: AttemptResult = {
    ...{ outcome: 'FAILED', failure: why, touched: false, notes: ['one'] },
    outputs: { body: 'x'.repeat(OUTPUT_BYTES + 1) },
  };
  expect(boundedResult(result)).toEqual({
    ...{ outcome: 'FAILED', failure: why, touched: false, outputs: {} },
    notes: ["the output 'body' has 262145 bytes; an output may have 262144", 'one'],
  });
});

it('makes anything small enough to be sent, once and for all', () => {
  const text = '\u0001'.repeat(500_000);
  const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`${n}`, '\u0001'.repeat(2_000)]));
  const huge: AttemptResult = {
    outcome: 'FAILED',
    failure: failure('COMMAND_FAILED', text, { details: { text, ...many, status: 3 } }),
    outputs: { [text]: 'x', ...many },
    touched: true,
    notes: Array.from({ length: 500 }, () => text.slice(0, 5_000)),
  };
  const bounded = boundedResult(huge);
  expect(bytesOf(bounded)).toBeLessThan(3 * 1_048_576);
  expect(bounded.failure?.details).toEqual({ status: 3 });
  expect(bounded.failure?.message).toContain('(1001 of its details are too large to be told)');
  expect(bounded.notes?.at(-1)).toBe('402 more lines are not told');
  expect(boundedResult(bounded)).toEqual(bounded);
});

it('cuts the message of a failure and says how much is missing', () => {
  const { message } = boundedFailure(failure('INTERNAL', 'x'.repeat(20_000)));
  expect(message).toHaveLength(16_344 + '… (3656 more characters)'.length);
  expect(message.endsWith('… (3656 more characters)')).toBe(true);
});

it('refuses a checkpoint that cannot be sent whole', () => {
  refuseLargeCheckpoint('before', { text: 'x'.repeat(OUTPUTS_BYTES - 11) });
  expect(() => refuseLargeCheckpoint('before', { text: 'x'.repeat(OUTPUTS_BYTES - 10) })).toThrow(FailureError);
  expect(() => refuseLargeCheckpoint('before', { text: 'x'.repeat(OUTPUTS_BYTES - 10) })).toThrow(
    "the checkpoint 'before' has 1048577 bytes, and may have 1048576",
  );
});
