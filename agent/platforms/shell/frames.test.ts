import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameReader, type Frame } from './frames.ts';

const read = (chunks: readonly Buffer[]): Frame[] => {
  const frames: Frame[] = [];
  const reader = new FrameReader('n1', (frame) => frames.push(frame));
  for (const chunk of chunks) reader.push(chunk);
  return frames;
};
const outputOf = (frames: readonly Frame[], stream: string): string =>
  Buffer.concat(
    frames.flatMap((frame) => (frame.frame === 'output' && frame.stream === stream ? [Buffer.from(frame.bytes)] : [])),
  ).toString('latin1');

test('whatever the packets, the same is read, and what came before the marker is dropped', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ stream: fc.constantFrom('o', 'e'), text: fc.string() })),
      fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
      (stretches, sizes) => {
        const parts = stretches.map(({ stream, text }) => {
          const bytes = Buffer.from(text, 'utf8');
          return Buffer.concat([Buffer.from(`${stream} ${bytes.length}\n`), bytes]);
        });
        const value = Buffer.from('v 3 NAME\na\nb');
        const whole = Buffer.concat([
          Buffer.from('Welcome!\nx 0\n\n@fairlead n1\nnew\n'),
          ...parts,
          value,
          Buffer.from('x 7\n'),
        ]);
        const chunks: Buffer[] = [];
        for (let at = 0, turn = 0; at < whole.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          chunks.push(whole.subarray(at, at + size));
          at += size;
        }
        const frames = read(chunks);
        for (const [letter, stream] of [
          ['o', 'stdout'],
          ['e', 'stderr'],
        ] as const) {
          const wanted = stretches.filter((each) => each.stream === letter).map((each) => each.text);
          expect(outputOf(frames, stream)).toBe(Buffer.from(wanted.join(''), 'utf8').toString('latin1'));
        }
        expect(frames.filter((frame) => frame.frame === 'line')).toEqual([
          { frame: 'line', word: 'new', rest: '' },
          { frame: 'line', word: 'x', rest: '7' },
        ]);
        expect(frames.find((frame) => frame.frame === 'value')).toMatchObject({
          name: 'NAME',
          bytes: Buffer.from('a\nb'),
        });
      },
    ),
    { numRuns: 100 },
  );
});

test('another wrapper’s marker is none', () => {
  expect(read([Buffer.from('@fairlead n2\nx 0\n')])).toEqual([]);
});
