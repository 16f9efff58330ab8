/**
 * Every bound of the language in one table. An expression is written by a person but may work on text from anywhere, so
 * each of these ends in one clear failure and never in a hang, a stack overflow or an exhausted heap.
 */
export const LIMITS = {
  /** Bytes (UTF-8) of a text before and after resolution, and of every text made on the way. */
  textBytes: 256 * 1024,
  /** Times `${` in one text. */
  expressions: 10_000,
  /** Failures reported of one text; whoever mends a hundred will try again anyway. */
  failures: 100,
  /** How often a configured value may lead to another configured value. */
  depth: 5,
  /** Brackets, quotes with expressions inside, and `${` in `${`. */
  nesting: 50,
  /** Parts of one expression: names, operators, literals. Bounds recursion in evaluation too. */
  nodes: 1_000,
  /** Evaluated parts of one text, the configured values it leads to included; long texts count more than once. */
  steps: 10_000,
  /** Characters of a regular expression. */
  pattern: 2_000,
  /** Characters that regular expressions may look at while one text is resolved. */
  scannedCharacters: 5_000_000,
  /** Nesting of a JSON value that is resolved or read. */
  jsonDepth: 100,
} as const;

/** Bytes in UTF-8. Here and not from the platform, because this folder runs where neither Node nor a browser is known. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    else if (unit >= 0xd800 && unit < 0xdc00 && isLowSurrogate(text.charCodeAt(index + 1))) {
      bytes += 4;
      index += 1;
    } else bytes += 3;
  }
  return bytes;
}

/** Is the text longer than a text may be? Counts bytes only when the number of characters does not already tell. */
export function isTooLong(text: string): boolean {
  if (text.length * 3 <= LIMITS.textBytes) return false;
  return text.length > LIMITS.textBytes || utf8Length(text) > LIMITS.textBytes;
}

const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000;
