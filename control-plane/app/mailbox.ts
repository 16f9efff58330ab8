/** Letters to one reader: taken in order, all that wait at once, never two batches at a time. */
export interface Letter<I, O> {
  readonly content: I;
  answer(value: O): void;
  fail(error: unknown): void;
}

export class Mailbox<I, O> {
  readonly #read: (letters: readonly Letter<I, O>[]) => Promise<void>;
  readonly #most: number;
  #waiting: Letter<I, O>[] = [];
  #reading = false;

  /** `read` answers or fails every letter it is given. At most `most` letters a batch. */
  constructor(read: (letters: readonly Letter<I, O>[]) => Promise<void>, most = 256) {
    this.#read = read;
    this.#most = most;
  }

  put(content: I): Promise<O> {
    return new Promise<O>((answer, fail) => {
      this.#waiting.push({ content, answer, fail });
      if (!this.#reading) void this.#readAll();
    });
  }

  async #readAll(): Promise<void> {
    this.#reading = true;
    // One turn of the microtask queue: letters of the same moment share an append.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#most);
      try {
        await this.#read(batch);
      } catch (error) {
        for (const letter of batch) letter.fail(error);
      }
    }
    this.#reading = false;
  }
}
