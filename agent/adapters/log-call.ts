import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import type { LogAck, LogBatch } from '@fairlead/proto/fairlead/v1/messages.ts';
import type { System, Timer } from '@fairlead/proto/model/system.ts';
import type { Logger } from '../ports/logger.ts';

export interface LogCallParts {
  /** Opens the stream of logs on the session's connection. */
  call(): ClientDuplexStream<LogBatch, LogAck>;
  stored(ack: LogAck): void;
  writable(): void;
  /** After an earlier stream was lost. */
  anew(): void;
  readonly system: System;
  readonly logger: Logger;
}

const FIRST_PAUSE_MS = 1_000;
const MOST_PAUSE_MS = 10_000;

/**
 * The log stream of one session, made anew when it fails alone: where logs cannot be stored, work can still be done. When
 * the connection is lost, the session's own stream says so.
 */
export class LogCall {
  readonly #parts: LogCallParts;
  #stream: ClientDuplexStream<LogBatch, LogAck> | null;
  #pauseMs = FIRST_PAUSE_MS;
  #timer: Timer | null = null;
  #stopped = false;

  constructor(parts: LogCallParts) {
    this.#parts = parts;
    this.#stream = this.#open();
  }

  /** False when nothing is taken now. */
  send(batch: LogBatch): boolean {
    if (this.#stream === null || this.#stream.writableNeedDrain) return false;
    this.#stream.write(batch);
    return true;
  }

  /** Nothing is told any more, and no other stream is opened. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  cancel(): void {
    this.#stream?.cancel();
  }

  #open(): ClientDuplexStream<LogBatch, LogAck> {
    const stream = this.#parts.call();
    const isNow = (): boolean => !this.#stopped && this.#stream === stream;
    stream.on('data', (ack: LogAck) => {
      if (!isNow()) return;
      this.#pauseMs = FIRST_PAUSE_MS;
      this.#parts.stored(ack);
    });
    stream.on('drain', () => isNow() && this.#parts.writable());
    stream.on('error', (error: ServiceError) => isNow() && this.#lost(error));
    stream.on('end', () => isNow() && this.#lost(null));
    return stream;
  }

  #lost(error: ServiceError | null): void {
    const { system, logger } = this.#parts;
    this.#stream = null;
    logger.warn({ err: error }, 'the log stream ended; logs are kept here until they are taken again');
    const pauseMs = this.#pauseMs * (0.5 + system.random.fraction());
    this.#pauseMs = Math.min(2 * this.#pauseMs, MOST_PAUSE_MS);
    this.#timer = system.scheduler.after(pauseMs, () => {
      this.#stream = this.#open();
      this.#parts.anew();
    });
  }
}
