import type { AttemptId } from '@fairlead/proto/model/ids.ts';
import type { System, Timer } from '@fairlead/proto/model/system.ts';
import { AttemptSpool, type SpoolBudget } from './attempt-spool.ts';
import { SlotAllocator } from './log-slots.ts';
import type { LogChunk } from './ports/log-chunk.ts';
import type { Logger } from './ports/logger.ts';
import type { Spool } from './ports/spool.ts';

export interface LogLimits {
  /** Kept per attempt while the control plane has not stored it; beyond, the middle is dropped. */
  readonly attemptBytes: number;
  readonly totalBytes: number;
  /** Of these in memory; the rest goes to the spool. */
  readonly memoryBytes: number;
}

export const LOG_LIMITS: LogLimits = {
  attemptBytes: 16_777_216,
  totalBytes: 268_435_456,
  memoryBytes: 33_554_432,
};

const BATCH_BYTES = 65_536;
const BATCH_MS = 50;
/** An attempt's last words hurry more, but those of many short attempts still travel together. */
const LAST_MS = 5;

/** The logs of all attempts on their way up: batched by time and size, never waited for by the work. */
export class LogStream {
  readonly #system: System;
  readonly #limits: LogLimits;
  readonly #budget: SpoolBudget;
  readonly #attempts = new Map<AttemptId, AttemptSpool>();
  #send: ((chunks: readonly LogChunk[]) => boolean) | null = null;
  #timer: Timer | null = null;
  #last: Timer | null = null;
  #pumping = false;
  #again = false;
  #emptied: (() => void)[] = [];

  constructor(parts: {
    readonly system: System;
    readonly spool: Spool;
    readonly logger: Logger;
    readonly limits?: LogLimits;
  }) {
    this.#system = parts.system;
    this.#limits = parts.limits ?? LOG_LIMITS;
    this.#budget = {
      attemptBytes: this.#limits.attemptBytes,
      slots: new SlotAllocator(parts.spool, parts.logger),
      total: 0,
      inMemory: 0,
    };
  }

  /** Bytes that wait for being stored. */
  get waitingBytes(): number {
    return this.#budget.total;
  }

  /** `resumed`: an earlier process wrote to this log; its length is asked first, so that nothing is written over it. */
  open(attemptId: AttemptId, resumed: boolean): LogSink {
    const spool = new AttemptSpool(attemptId, this.#budget, resumed);
    this.#attempts.set(attemptId, spool);
    if (resumed) this.#soon();
    let open = true;
    return {
      write: (bytes) => {
        if (bytes.length === 0 || !open) return;
        spool.write(bytes, this.#system.clock.now());
        this.#keepWithinTotal();
        if (spool.unsentBytes >= BATCH_BYTES) void this.#pump();
        else this.#soon();
      },
      close: () => {
        open = false;
        spool.close();
        this.#forgetIfStored(spool);
        this.#hurry();
        return spool.length;
      },
    };
  }

  connected(send: (chunks: readonly LogChunk[]) => boolean): void {
    this.#send = send;
    this.again();
  }

  /** What was sent and is not known to be stored may be lost. */
  again(): void {
    for (const spool of this.#attempts.values()) spool.rewind();
    void this.#pump();
  }

  disconnected(): void {
    this.#send = null;
  }

  writable(): void {
    void this.#pump();
  }

  /** The control plane has everything of it before `offset`. */
  stored(attemptId: AttemptId, offset: number): void {
    const spool = this.#attempts.get(attemptId);
    if (spool === undefined) return;
    const waited = spool.asksForLength;
    spool.stored(offset);
    this.#forgetIfStored(spool);
    if (waited) void this.#pump();
  }

  /** Resolves when nothing waits for being stored. */
  async flushed(): Promise<void> {
    if (this.#attempts.size > 0) await new Promise<void>((resolve) => this.#emptied.push(resolve));
  }

  #forgetIfStored(spool: AttemptSpool): void {
    if (!spool.isDone) return;
    this.#attempts.delete(spool.attemptId);
    if (this.#attempts.size === 0) for (const tell of this.#emptied.splice(0)) tell();
  }

  #soon(): void {
    if (this.#send === null || this.#timer !== null) return;
    this.#timer = this.#system.scheduler.after(BATCH_MS, () => {
      this.#timer = null;
      void this.#pump();
    });
  }

  #hurry(): void {
    if (this.#send === null || this.#last !== null) return;
    this.#last = this.#system.scheduler.after(LAST_MS, () => {
      this.#last = null;
      void this.#pump();
    });
  }

  /** Sends what is there, attempt by attempt in turn, until the stream is full. One at a time: reading slots takes time. */
  async #pump(): Promise<void> {
    this.#again = true;
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#again) {
      this.#again = false;
      await this.#pumpOnce();
    }
    this.#pumping = false;
  }

  async #pumpOnce(): Promise<void> {
    for (const send = this.#send; send !== null && send === this.#send;) {
      const taken: AttemptSpool[] = [];
      const batch: LogChunk[] = [];
      let bytes = 0;
      for (const spool of this.#attempts.values()) {
        if (bytes >= BATCH_BYTES) break;
        // Nearly all of them only wait for being stored.
        if (!spool.hasUnsent) continue;
        const chunks = await spool.take(BATCH_BYTES - bytes);
        if (chunks.length === 0) continue;
        taken.push(spool);
        batch.push(...chunks);
        for (const chunk of chunks) bytes += chunk.bytes.length;
      }
      if (batch.length === 0 || send !== this.#send) return;
      if (!send(batch)) return;
      for (const spool of taken) {
        spool.sent();
        // Whoever was served goes to the end of the row.
        if (this.#attempts.delete(spool.attemptId)) this.#attempts.set(spool.attemptId, spool);
      }
    }
  }

  #keepWithinTotal(): void {
    while (this.#budget.total > this.#limits.totalBytes) {
      let largest: AttemptSpool | null = null;
      for (const spool of this.#attempts.values()) if (spool.bytes > (largest?.bytes ?? 0)) largest = spool;
      if (largest === null || !largest.dropMiddle()) break;
    }
    if (this.#budget.inMemory <= this.#limits.memoryBytes) return;
    for (const spool of this.#attempts.values()) spool.spill();
  }
}

export interface LogSink {
  write(bytes: Uint8Array): void;
  /** Nothing more is written; how long the whole log is, null where that is not known. */
  close(): number | null;
}
