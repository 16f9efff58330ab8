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

/**
 * Ends that are on their way at the same time: of tens of thousands that a control plane was away for, more would only keep
 * heartbeats and starts from it. What somebody waits for (a start, a checkpoint) does not wait in this row.
 */
const MOST_ENDS = 1_000;

/** Reports until they are acknowledged: sent while there is a session, now and then again, and in every later one. */
export class Outbox {
  readonly #crash: CrashPoints;
  readonly #waiting = new Map<string, Waiting>();
  /** Ends that were sent and not answered, and those that wait for their turn, in their order. */
  readonly #underway = new Set<string>();
  readonly #row = new Set<string>();
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
    this.#underway.delete(id);
    this.#takeUp(id, report);
    return acknowledged;
  }

  drop(id: string): void {
    this.#answered(id, null);
  }

  acknowledged(id: string, acknowledgement: Acknowledgement): void {
    this.#answered(id, acknowledgement);
  }

  connected(send: (id: string, report: Report) => void): void {
    this.#send = send;
    this.#underway.clear();
    this.#row.clear();
    for (const [id, { report }] of this.#waiting) this.#takeUp(id, report);
  }

  /** With every heartbeat: nobody answers a report on an execution that is broken, and one day it is not any more. */
  beat(): void {
    for (const [id, waiting] of this.#waiting) {
      if (this.#row.has(id)) continue;
      waiting.beats += 1;
      if (waiting.beats % PATIENCE_BEATS !== 0) continue;
      // Behind those that have not had their turn yet.
      this.#underway.delete(id);
      this.#takeUp(id, waiting.report);
    }
    this.#goOn();
  }

  disconnected(): void {
    this.#send = null;
  }

  /** Resolves when nothing waits. */
  async emptied(): Promise<void> {
    if (this.#waiting.size > 0) await new Promise<void>((resolve) => this.#emptied.push(resolve));
  }

  #takeUp(id: string, report: Report): void {
    if (report.report === 'starting' || report.report === 'checkpoint') return this.#pass(id, report);
    this.#row.add(id);
    this.#goOn();
  }

  #goOn(): void {
    for (const id of this.#row) {
      if (this.#send === null || this.#underway.size >= MOST_ENDS) return;
      this.#row.delete(id);
      const report = this.#waiting.get(id)?.report;
      if (report === undefined) continue;
      this.#underway.add(id);
      this.#pass(id, report);
    }
  }

  #pass(id: string, report: Report): void {
    if (this.#send === null) return;
    this.#crash.pass('report:before');
    this.#send(id, report);
    this.#crash.pass('report:after');
  }

  #answered(id: string, acknowledgement: Acknowledgement | null): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    this.#underway.delete(id);
    this.#row.delete(id);
    waiting.resolve(acknowledgement);
    this.#goOn();
    if (this.#waiting.size === 0) for (const tell of this.#emptied.splice(0)) tell();
  }
}
