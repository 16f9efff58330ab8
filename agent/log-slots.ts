import type { Logger } from './ports/logger.ts';
import type { Spool } from './ports/spool.ts';

/** Hands out the spool's slots. After the disk failed once, it hands out none: memory and dropping do without. */
export class SlotAllocator {
  readonly #spool: Spool;
  readonly #logger: Logger;
  readonly #free: number[] = [];
  #next = 0;
  #failed = false;

  constructor(spool: Spool, logger: Logger) {
    this.#spool = spool;
    this.#logger = logger;
  }

  /** Puts a block away; null when there is no room. */
  async put(bytes: Uint8Array): Promise<number | null> {
    if (this.#failed || bytes.length > this.#spool.slotBytes) return null;
    const slot = this.#free.pop() ?? (this.#next < this.#spool.slots ? this.#next++ : null);
    if (slot === null) return null;
    try {
      await this.#spool.write(slot, bytes);
      return slot;
    } catch (error) {
      this.#failed = true;
      this.#logger.warn({ err: error }, 'the log spool cannot be written; logs are kept in memory');
      return null;
    }
  }

  /** The block again; when the disk lost it, as many bytes that say so. */
  async get(slot: number, length: number): Promise<Uint8Array> {
    try {
      return await this.#spool.read(slot, length);
    } catch (error) {
      this.#logger.warn({ err: error }, 'the log spool cannot be read; a stretch of a log is lost');
      return new TextEncoder().encode('\n[the agent lost this stretch of the log]\n'.slice(0, length).padEnd(length));
    }
  }

  release(slot: number): void {
    this.#free.push(slot);
  }
}
