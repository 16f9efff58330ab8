import type { AttemptId } from '@fairlead/proto/model/ids.ts';
import type { SlotAllocator } from './log-slots.ts';
import type { LogChunk } from './ports/log-chunk.ts';

/** What the logs of all attempts share. */
export interface SpoolBudget {
  readonly attemptBytes: number;
  readonly slots: SlotAllocator;
  /** Bytes kept, and how many of them in memory. */
  total: number;
  inMemory: number;
}

interface Block {
  /** From the start of what this process wrote. */
  readonly offset: number;
  readonly at: number;
  length: number;
  gap: number;
  /** Of the block still written to, its pieces; one piece when sealed; null when in a slot. */
  pieces: Uint8Array[] | null;
  slot: number | null;
  /** Nothing is added any more: it is sent as it is, every time. */
  sealed: boolean;
  gone: boolean;
}

const BLOCK_BYTES = 65_536;
/** Smaller blocks are not worth a slot. */
const SPILL_BYTES = 16_384;

/** One attempt's log from being written until the control plane has it. */
export class AttemptSpool {
  readonly attemptId: AttemptId;
  readonly #budget: SpoolBudget;
  readonly #blocks: Block[] = [];
  /** Where this process' log begins in the whole log; null until the control plane said how long it is. */
  #base: number | null;
  #asked = false;
  #end = 0;
  #bytes = 0;
  #unsent = 0;
  #unsentBytes = 0;
  /** Blocks from the first unsent on that are on their way to the stream. */
  #taken = 0;
  #closed = false;

  constructor(attemptId: AttemptId, budget: SpoolBudget, resumed: boolean) {
    this.attemptId = attemptId;
    this.#budget = budget;
    this.#base = resumed ? null : 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  /** There is something to take. */
  get hasUnsent(): boolean {
    return this.#base === null ? !this.#asked && !this.isDone : this.#unsent < this.#blocks.length;
  }

  get asksForLength(): boolean {
    return this.#base === null;
  }

  /** Of the whole log, dropped bytes included; null until it is known what an earlier process wrote. */
  get length(): number | null {
    return this.#base === null ? null : this.#base + this.#end;
  }

  get isDone(): boolean {
    return this.#closed && this.#blocks.length === 0;
  }

  write(bytes: Uint8Array, at: number): void {
    for (let from = 0; from < bytes.length;) {
      const block = this.#openBlock(at);
      const piece = bytes.slice(from, from + BLOCK_BYTES - block.length);
      block.pieces?.push(piece);
      block.length += piece.length;
      from += piece.length;
      this.#count(piece.length);
      this.#unsentBytes += piece.length;
      this.#budget.inMemory += piece.length;
      this.#end += piece.length;
      if (block.length >= BLOCK_BYTES) seal(block);
    }
    while (this.#bytes > this.#budget.attemptBytes && this.dropMiddle());
  }

  close(): void {
    this.#closed = true;
  }

  /** The next blocks to send, about so many bytes. They stay here until stored; `sent` says that they went out. */
  async take(limit: number): Promise<readonly LogChunk[]> {
    this.#taken = 0;
    if (!this.hasUnsent) return [];
    if (this.#base === null) return [this.#question()];
    const chunks: LogChunk[] = [];
    for (let bytes = 0; bytes < limit;) {
      const block = this.#blocks[this.#unsent + this.#taken];
      if (block === undefined) break;
      this.#taken += 1;
      seal(block);
      const content = block.pieces?.[0] ?? (await this.#budget.slots.get(block.slot ?? WRITING, block.length));
      if (block.gone) continue;
      bytes += block.length;
      const { gap, at } = block;
      chunks.push({ attemptId: this.attemptId, offset: this.#base + block.offset, bytes: content, gap, at });
    }
    return chunks;
  }

  sent(): void {
    if (this.#base === null) this.#asked = true;
    for (const block of this.#blocks.slice(this.#unsent, this.#unsent + this.#taken)) this.#unsentBytes -= block.length;
    this.#unsent += this.#taken;
    this.#taken = 0;
  }

  /** A new stream: what is not known to be stored is sent again. */
  rewind(): void {
    this.#unsent = 0;
    this.#taken = 0;
    this.#unsentBytes = this.#bytes;
    this.#asked = false;
  }

  stored(offset: number): void {
    if (this.#base === null) {
      this.#base = offset;
      return;
    }
    for (let first = this.#blocks[0]; first !== undefined; first = this.#blocks[0]) {
      if (!first.sealed || this.#base + first.offset + first.length > offset) return;
      this.#remove(0);
    }
  }

  /** Drops a block from the middle and leaves a gap; false when nothing can go. */
  dropMiddle(): boolean {
    let at = 0;
    for (let before = 0; at < this.#blocks.length; at += 1) {
      before += this.#blocks[at]?.length ?? 0;
      if (before > this.#bytes / 2) break;
    }
    at = Math.max(at, this.#unsent + this.#taken);
    const dropped = this.#blocks[at];
    const next = this.#blocks[at + 1];
    if (dropped === undefined || next === undefined) return false;
    next.gap += dropped.gap + dropped.length;
    this.#remove(at);
    return true;
  }

  /** Moves what is large and complete out of memory. */
  spill(): void {
    for (const block of this.#blocks) {
      const bytes = block.pieces?.[0];
      if (!block.sealed || block.slot !== null || bytes === undefined || block.length < SPILL_BYTES) continue;
      // Counted as gone from memory while it is written, so that no more is moved than has to be.
      this.#budget.inMemory -= block.length;
      void this.#putAway(block, bytes);
    }
  }

  async #putAway(block: Block, bytes: Uint8Array): Promise<void> {
    block.slot = WRITING;
    const slot = await this.#budget.slots.put(bytes);
    if (block.gone && slot !== null) this.#budget.slots.release(slot);
    if (block.gone) return;
    block.slot = slot;
    if (slot === null) this.#budget.inMemory += block.length;
    else block.pieces = null;
  }

  /** No bytes: only the answer is wanted, how much of this log is stored. */
  #question(): LogChunk {
    return { attemptId: this.attemptId, offset: 0, bytes: new Uint8Array(0), gap: 0, at: 0 };
  }

  #openBlock(at: number): Block {
    const last = this.#blocks.at(-1);
    if (last !== undefined && !last.sealed) return last;
    const block = { offset: this.#end, at, length: 0, gap: 0, pieces: [], slot: null, sealed: false, gone: false };
    this.#blocks.push(block);
    return block;
  }

  #remove(at: number): void {
    const [block] = this.#blocks.splice(at, 1);
    if (block === undefined) return;
    block.gone = true;
    this.#count(-block.length);
    if (block.slot === null) this.#budget.inMemory -= block.length;
    else if (block.slot !== WRITING) this.#budget.slots.release(block.slot);
    if (at < this.#unsent) this.#unsent -= 1;
    else {
      this.#unsentBytes -= block.length;
      if (at < this.#unsent + this.#taken) this.#taken -= 1;
    }
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#budget.total += bytes;
  }
}

const WRITING = -1;

function seal(block: Block): void {
  if (block.sealed || block.pieces === null) return;
  block.sealed = true;
  const [only] = block.pieces;
  if (block.pieces.length === 1 && only !== undefined) return;
  const whole = new Uint8Array(block.length);
  let at = 0;
  for (const piece of block.pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  block.pieces = [whole];
}
