import type { CrashPoints } from '@fairlead/proto/model/crash.ts';
import type { Acknowledgement, Report } from '@fairlead/proto/model/task.ts';

interface Waiting {
  readonly report: Report;
  readonly resolve: (acknowledgement: Acknowledgement | null) => void;
  /** Heartbeats since it was sent last. */
  beats: number;
}

/** So many heartbeats without an answer: it could not be taken then, and perhaps it can now. */
const PATIENCE_BEATS = 3;

/** Reports until they are acknowledged: sent while there is a session, now and then again, and again in every later one. */
export class Outbox {
  readonly #crash: CrashPoints;
  readonly #waiting = new Map<string, Waiting>();
  #send: ((id: string, report: Report) => void) | null = null;
  #emptied: (() => void)[] = [];

  constructor(crash: CrashPoints) {
    this.#crash = crash;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Resolves with the acknowledgement, whenever it comes; null when dropped. An id that waits already is sent again. */
  send(id: string, report: Report): Promise<Acknowledgement | null> {
    this.#waiting.get(id)?.resolve(null);
    const acknowledged = new Promise<Acknowledgement | null>((resolve) =>
      this.#waiting.set(id, { report, resolve, beats: 0 }),
    );
    this.#pass(id, report);
    return acknowledged;
  }

  drop(id: string): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    waiting.resolve(null);
    this.#tellIfEmpty();
  }

  acknowledged(id: string, acknowledgement: Acknowledgement): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    waiting.resolve(acknowledgement);
    this.#tellIfEmpty();
  }

  connected(send: (id: string, report: Report) => void): void {
    this.#send = send;
    for (const [id, { report }] of this.#waiting) this.#pass(id, report);
  }

  /** With every heartbeat: nobody answers a report on an execution that is broken, and one day it is not any more. */
  beat(): void {
    for (const [id, waiting] of this.#waiting) {
      waiting.beats += 1;
      if (waiting.beats % PATIENCE_BEATS === 0) this.#pass(id, waiting.report);
    }
  }

  disconnected(): void {
    this.#send = null;
  }

  /** Resolves when nothing waits. */
  async emptied(): Promise<void> {
    if (this.#waiting.size > 0) await new Promise<void>((resolve) => this.#emptied.push(resolve));
  }

  #pass(id: string, report: Report): void {
    if (this.#send === null) return;
    this.#crash.pass('report:before');
    this.#send(id, report);
    this.#crash.pass('report:after');
  }

  #tellIfEmpty(): void {
    if (this.#waiting.size === 0) for (const tell of this.#emptied.splice(0)) tell();
  }
}
