import { expect, it } from 'vitest';
import { TextPlace } from './text-place.ts';

/** As the server sends it: `missing` are bytes that were dropped, of which a line tells. */
interface Piece {
  readonly bytes: Buffer;
  readonly missing: number;
}

function textFrom(pieces: readonly Piece[], offset: number): Buffer {
  let at = 0;
  return Buffer.concat(
    pieces.flatMap(({ bytes, missing }) => {
      const start = at + missing;
      at = start + bytes.length;
      if (at <= offset) return [];
      if (start < offset) return [bytes.subarray(offset - start)];
      return missing === 0 ? [bytes] : [Buffer.from(`\n… ${missing} bytes were dropped here …\n`), bytes];
    }),
  );
}

const LOG: readonly Piece[] = [
  { bytes: Buffer.from('one\ntwö\n'), missing: 0 },
  { bytes: Buffer.from('\n'), missing: 0 },
  { bytes: Buffer.from('\nand\n… so on\n'), missing: 7 },
  { bytes: Buffer.from('end\n'), missing: 9 },
];

it.each([[LOG], [LOG.slice(0, 2)], [LOG.slice(2)]])('gives the whole text once, wherever it was cut', (pieces) => {
  const whole = textFrom(pieces, 0);
  for (let cut = 0; cut <= whole.length; cut += 1) {
    const place = new TextPlace();
    let text = place.take(textFrom(pieces, place.resume()).subarray(0, cut));
    const again = textFrom(pieces, place.resume());
    for (const byte of again.subarray(0, 3)) text += place.take(Uint8Array.of(byte));
    text += place.take(textFrom(pieces, place.resume()));
    expect(text).toBe(whole.toString());
  }
});

it('asks for nothing twice where nothing is missing', () => {
  const place = new TextPlace();
  place.take(Buffer.from('one\ntwö: three'));
  expect(place.resume()).toBe(Buffer.from('one\ntwö: three').length);
});
