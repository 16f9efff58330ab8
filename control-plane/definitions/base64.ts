const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Of the text's UTF-8 bytes; the language alone has no encoder. */
export function encodeBase64(text: string): string {
  const bytes = [...utf8(text)];
  let encoded = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b = 0, c = 0] = bytes.slice(at, at + 3);
    const bits = (a << 16) | (b << 8) | c;
    const left = bytes.length - at;
    encoded +=
      sextet(bits, 18) + sextet(bits, 12) + (left > 1 ? sextet(bits, 6) : '=') + (left > 2 ? sextet(bits, 0) : '=');
  }
  return encoded;
}

const sextet = (bits: number, shift: number): string => ALPHABET.charAt((bits >> shift) & 63);

function* utf8(text: string): Generator<number> {
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    // Half of a surrogate pair stands for nothing; U+FFFD says so, as everywhere.
    const point = code >= 0xd8_00 && code <= 0xdf_ff ? 0xff_fd : code;
    if (point < 0x80) yield point;
    else if (point < 0x8_00) yield* [0xc0 | (point >> 6), tail(point)];
    else if (point < 0x1_00_00) yield* [0xe0 | (point >> 12), tail(point >> 6), tail(point)];
    else yield* [0xf0 | (point >> 18), tail(point >> 12), tail(point >> 6), tail(point)];
  }
}

const tail = (bits: number): number => 0x80 | (bits & 0x3f);
