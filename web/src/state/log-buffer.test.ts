import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  applyLogFrame,
  EMPTY_LOG,
  findLines,
  type LogBuffer,
  type LogFrame,
  plainText,
  wholeText,
} from './log-buffer.ts';

const frame = (offset: number, text: string, gap = 0): LogFrame => ({
  sub: 1,
  feed: 'log',
  offset,
  next: offset + new TextEncoder().encode(text).length,
  gap,
  text,
});
const fold = (...frames: readonly LogFrame[]): LogBuffer =>
  frames.reduce((buffer, each) => applyLogFrame(buffer, each).buffer, EMPTY_LOG);

describe('a log put together from frames', () => {
  it('joins a line that came in two pieces and counts it once', () => {
    const buffer = fold(frame(0, 'one\ntw'), frame(6, 'o\nthree'));
    expect(wholeText(buffer)).toBe('one\ntwo\nthree');
    expect(buffer.count).toBe(3);
  });

  it('does not take a newline at the end for an empty line', () => {
    expect(fold(frame(0, 'one\n')).lines).toHaveLength(1);
    expect(wholeText(fold(frame(0, 'one\n'), frame(4, '\ntwo\n')))).toBe('one\n\ntwo');
  });

  it('drops bytes that came already, also in the middle of a frame and beside long characters', () => {
    const buffer = fold(frame(0, 'grüße '), frame(0, 'grüße '), frame(2, 'üße ✓ fin'));
    expect(wholeText(buffer)).toBe('grüße ✓ fin');
  });

  it('shows where bytes were dropped at the agent', () => {
    const buffer = fold(frame(0, 'one\ntw'), frame(106, 'late\n', 100));
    expect(buffer.lines).toEqual([
      { type: 'text', number: 1, text: 'one' },
      { type: 'text', number: 2, text: 'tw' },
      { type: 'gap', bytes: 100 },
      { type: 'text', number: 3, text: 'late' },
    ]);
  });

  it('shows a gap that was half seen only for the part that is new', () => {
    const buffer = fold(frame(0, 'abc\n'), frame(10, 'x\n', 6), frame(10, 'x\ny\n', 6));
    expect(buffer.lines.filter((line) => line.type === 'gap')).toEqual([{ type: 'gap', bytes: 6 }]);
    expect(wholeText(buffer)).toContain('x\ny');
  });

  it('asks again when bytes are missing that nobody has declared dropped', () => {
    const before = fold(frame(0, 'abc\n'));
    expect(applyLogFrame(before, frame(10, 'x\n'))).toEqual({ buffer: before, missing: true });
    expect(applyLogFrame(before, frame(10, 'x\n', 5))).toEqual({ buffer: before, missing: true });
  });

  it('keeps the newest lines and counts those it let go', () => {
    const { buffer } = applyLogFrame(EMPTY_LOG, frame(0, 'a\nb\nc\nd\n'), 2);
    expect(buffer).toMatchObject({ dropped: 2, count: 4 });
    expect(wholeText(buffer)).toBe('c\nd');
  });

  it('gives the same lines however the text was cut and however often pieces came again', () => {
    const texts = fc.string({ unit: fc.constantFrom('a', 'ü', '✓', '\n', '😀'), maxLength: 40 });
    fc.assert(
      fc.property(texts, fc.array(fc.tuple(fc.nat(40), fc.nat(40)), { maxLength: 12 }), (text, cuts) => {
        const characters = Array.from(text);
        const bytesBefore = (index: number): number =>
          new TextEncoder().encode(characters.slice(0, index).join('')).length;
        let buffer = EMPTY_LOG;
        for (const [from, to] of [...cuts, [0, characters.length] as const]) {
          const piece = characters.slice(from, to).join('');
          buffer = applyLogFrame(buffer, frame(bytesBefore(from), piece)).buffer;
        }
        const lines = text.endsWith('\n') ? text.slice(0, -1) : text;
        expect(wholeText(buffer)).toBe(lines);
      }),
    );
  });
});

describe('the text of a line', () => {
  it.each([
    ['\u001B[1;32mok\u001B[0m done', 'ok done'],
    ['\u001B]0;title\u0007prompt', 'prompt'],
    ['10%\r55%\r100%', '100%'],
    ['windows\r', 'windows'],
    ['plain', 'plain'],
  ])('of %j is as a terminal leaves it', (text, expected) => {
    expect(plainText(text)).toBe(expected);
  });

  it('is found whatever its case and colors', () => {
    const buffer = fold(frame(0, 'one\n\u001B[31mErr\u001B[0mor\nthree\n'));
    expect(findLines(buffer.lines, 'ERROR')).toEqual([1]);
    expect(findLines(buffer.lines, '')).toEqual([]);
  });
});
