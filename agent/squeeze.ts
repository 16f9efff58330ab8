/** A text without its line ends and the indentation behind them, as if it had never been wrapped. */
export interface Squeezed {
  readonly bytes: Uint8Array;
  /** Where in the text a byte of these stands. */
  at(index: number): number;
  /** Something was left out behind the last byte. */
  readonly endsInGap: boolean;
}

const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const TAB = 9;
/** No tool leaves more between two lines of what it wraps; whoever prints blank lines without an end fills no memory here. */
const MOST_GAP = 64;

export function squeeze(text: Uint8Array): Squeezed {
  if (!text.includes(NEWLINE) && !text.includes(RETURN)) return { bytes: text, at: (index) => index, endsInGap: false };
  const bytes = new Uint8Array(text.length);
  const places = new Uint32Array(text.length);
  let length = 0;
  let gap = 0;
  let lineBegins = false;
  for (let at = 0; at < text.length; at += 1) {
    const byte = text[at] ?? 0;
    const isEnd = byte === NEWLINE || byte === RETURN;
    const isLeftOut: boolean = isEnd || (lineBegins && (byte === SPACE || byte === TAB));
    lineBegins = isLeftOut;
    gap = isLeftOut ? gap + 1 : 0;
    if (isLeftOut && gap <= MOST_GAP) continue;
    bytes[length] = byte;
    places[length] = at;
    length += 1;
  }
  return {
    bytes: bytes.subarray(0, length),
    at: (index) => places[index] ?? text.length,
    endsInGap: gap > 0 && gap <= MOST_GAP,
  };
}
