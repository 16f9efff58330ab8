/**
 * How far a log that is sent as text was read, so that another connection goes on where one was lost. The text has lines of
 * the server's own where bytes are missing; up to the first place where one may begin (a new line and `…`) a byte of the
 * text is a byte of the log. From there on it is sent again, and what was read of it left out.
 */
const NOTE = Buffer.from('\n…');

export class TextPlace {
  readonly #decoder = new TextDecoder();
  #received = 0;
  /** As many bytes of the text are certainly those of the log. */
  #sure = 0;
  /** Those after them that may begin a line of the server's, as long as no such line was found. */
  #open: Uint8Array | null = Buffer.alloc(0);
  #skip = 0;

  /** The offset to ask for now. */
  resume(): number {
    this.#skip = this.#received - this.#sure;
    return this.#sure;
  }

  /** What is new in it. */
  take(part: Uint8Array): string {
    const fresh = part.subarray(Math.min(this.#skip, part.length));
    this.#skip -= part.length - fresh.length;
    this.#received += fresh.length;
    if (this.#open !== null) this.#look(Buffer.concat([this.#open, fresh]));
    return this.#decoder.decode(fresh, { stream: true });
  }

  #look(text: Buffer): void {
    const found = text.indexOf(NOTE);
    if (found !== -1) {
      this.#sure += found;
      this.#open = null;
      return;
    }
    let open = Math.min(NOTE.length - 1, text.length);
    while (!text.subarray(text.length - open).equals(NOTE.subarray(0, open))) open -= 1;
    this.#sure += text.length - open;
    this.#open = text.subarray(text.length - open);
  }
}
