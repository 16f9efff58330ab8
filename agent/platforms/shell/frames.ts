/** What a wrapper says, read off its stdout. */
export type Frame =
  | { readonly frame: 'output'; readonly stream: 'stdout' | 'stderr'; readonly bytes: Uint8Array }
  | { readonly frame: 'value'; readonly name: string; readonly bytes: Uint8Array }
  /** A line: its first word, and the rest. */
  | { readonly frame: 'line'; readonly word: string; readonly rest: string };

const NEWLINE = 0x0a;

/**
 * Splits the byte stream into frames. Everything before the marker line is what login files printed and is dropped.
 * Output is handed on as it arrives, not when its stretch is complete.
 */
export class FrameReader {
  readonly #marker: string;
  readonly #emit: (frame: Frame) => void;
  #marked = false;
  #pending: Buffer = Buffer.alloc(0);
  #body: { readonly kind: 'o' | 'e' | 'v'; readonly name: string; left: number; readonly parts: Buffer[] } | null =
    null;

  constructor(nonce: string, emit: (frame: Frame) => void) {
    this.#marker = `@fairlead ${nonce}`;
    this.#emit = emit;
  }

  /** Did the wrapper begin to speak? If not, nothing of it is known to have run. */
  get marked(): boolean {
    return this.#marked;
  }

  push(chunk: Buffer): void {
    let rest = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    this.#pending = Buffer.alloc(0);
    while (rest.length > 0) {
      if (this.#body !== null) {
        rest = this.#consumeBody(rest);
        continue;
      }
      const newline = rest.indexOf(NEWLINE);
      if (newline < 0) {
        this.#pending = rest;
        return;
      }
      this.#line(rest.subarray(0, newline).toString('utf8'));
      rest = rest.subarray(newline + 1);
    }
  }

  #consumeBody(bytes: Buffer): Buffer {
    const body = this.#body;
    if (body === null) return bytes;
    const taken = bytes.subarray(0, body.left);
    body.left -= taken.length;
    if (body.kind === 'v') body.parts.push(taken);
    else if (taken.length > 0) {
      this.#emit({ frame: 'output', stream: body.kind === 'o' ? 'stdout' : 'stderr', bytes: taken });
    }
    if (body.left === 0) {
      this.#body = null;
      if (body.kind === 'v') this.#emit({ frame: 'value', name: body.name, bytes: Buffer.concat(body.parts) });
    }
    return bytes.subarray(taken.length);
  }

  #line(line: string): void {
    if (!this.#marked) {
      this.#marked = line === this.#marker;
      return;
    }
    const space = line.indexOf(' ');
    const word = space < 0 ? line : line.slice(0, space);
    const rest = space < 0 ? '' : line.slice(space + 1);
    if (word === 'o' || word === 'e' || word === 'v') {
      const [length = '', name = ''] = rest.split(' ');
      this.#body = { kind: word, name, left: Number(length), parts: [] };
      if (this.#body.left === 0) this.#consumeBody(Buffer.alloc(0));
      return;
    }
    this.#emit({ frame: 'line', word, rest });
  }
}
