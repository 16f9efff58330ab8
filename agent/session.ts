import { FailureError } from '@fairlead/proto/model/failure.ts';
import type { System, Timer } from '@fairlead/proto/model/system.ts';
import type { AgentAnswer, AgentRequest, Hello, Welcome } from '@fairlead/proto/model/task.ts';
import type { Executor } from './executor.ts';
import type { Lease } from './lease.ts';
import type { LogStream } from './log-stream.ts';
import type { Outbox } from './outbox.ts';
import type { Link, OpenLink } from './ports/link.ts';
import type { Logger } from './ports/logger.ts';
import { Life } from './session-life.ts';

export interface SessionParts {
  readonly link: Link;
  readonly system: System;
  readonly lease: Lease;
  readonly outbox: Outbox;
  readonly logs: LogStream;
  readonly executor: Executor;
  readonly logger: Logger;
  hello(): Hello;
  /** Before anything is sent in the new session. False: another is to be opened instead. */
  welcomed(welcome: Welcome): Promise<boolean>;
  handle(request: AgentRequest): Promise<AgentAnswer>;
  drain(): void;
}

/** Why a session ended for good. */
export type SessionEnd =
  | { readonly end: 'stopped' }
  | { readonly end: 'revoked'; readonly reason: string }
  /** The control plane does not let this agent in, and asking again will not change that. */
  | { readonly end: 'rejected'; readonly error: FailureError };

const BACKOFF_FIRST_MS = 200;
const BACKOFF_MOST_MS = 10_000;
const OPEN_LIMIT_MS = 10_000;

/** Keeps one session with a control plane open, again and again, until it is stopped or turned away. */
export class Session {
  readonly #parts: SessionParts;
  #link: OpenLink | null = null;
  #life: Life | null = null;
  #sessionId: string | null = null;
  #failures = 0;
  #beats = 0;
  #timers: Timer[] = [];
  #end: SessionEnd | null = null;
  #wake: () => void = () => {};
  #draining = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  get id(): string | null {
    return this.#sessionId;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Resolves when the session has ended for good. */
  async run(): Promise<SessionEnd> {
    for (;;) {
      if (this.#end !== null) return this.#end;
      await this.#once();
      if (this.#end !== null) return this.#end;
      await this.#pause();
    }
  }

  /** Tells the control plane at once that nothing new is taken. */
  startDraining(): void {
    this.#draining = true;
    this.#beat();
  }

  /** Ends for good; with `goodbye` when everything is done and said. */
  stop(goodbye = false): void {
    if (goodbye) this.#link?.goodbye();
    this.#finish({ end: 'stopped' });
  }

  /** One session, from dialing to its end. */
  async #once(): Promise<void> {
    const { link, system, logger } = this.#parts;
    const sentAt = system.clock.monotonic();
    const life = new Life(this.#parts, {
      beatAnswered: () => (this.#failures = 0),
      revoked: (reason) => this.#finish({ end: 'revoked', reason }),
    });
    this.#life = life;
    const timeout = system.scheduler.after(OPEN_LIMIT_MS, () => life.over('the control plane does not answer'));
    try {
      const opening = link.open(this.#parts.hello(), life);
      // A link that opens after it was given up is only closed.
      opening.then(
        (late) => life.isOver && late.close(),
        () => {},
      );
      const open = await Promise.race([opening, life.ended.then(() => null)]);
      timeout.cancel();
      if (open !== null && this.#end === null) await this.#live(open, life, sentAt);
      else if (open !== null) open.close();
    } catch (error) {
      this.#turnedAway(error);
    } finally {
      timeout.cancel();
      life.over('closed here');
      this.#close();
      logger.info({ reason: life.reason }, 'the session ended');
    }
  }

  async #live(open: OpenLink, life: Life, sentAt: number): Promise<void> {
    const { lease, outbox, logs, executor, logger } = this.#parts;
    const { welcome } = open;
    this.#link = open;
    this.#sessionId = welcome.sessionId;
    const goesOn = await this.#parts.welcomed(welcome);
    if (life.isOver || !goesOn) return;
    logger.info({ sessionId: welcome.sessionId, bus: welcome.bus.kind }, 'the session is open');
    lease.begin(sentAt, welcome.leaseMs);
    outbox.connected((id, report) => open.report(id, report));
    logs.connected((chunks) => open.logs(chunks));
    if (this.#draining) this.#beat();
    this.#keepBeating(welcome.heartbeatMs);
    this.#watchLease(life);
    executor.pump();
    await life.ended;
  }

  #keepBeating(everyMs: number): void {
    this.#after(everyMs, () => {
      this.#beat();
      this.#parts.outbox.beat();
      this.#keepBeating(everyMs);
    });
  }

  #beat(): void {
    const { executor, lease } = this.#parts;
    if (this.#link === null || this.#sessionId === null) return;
    const number = ++this.#beats;
    lease.beatSent(number);
    this.#link.heartbeat({
      number,
      running: executor.running,
      waiting: executor.waiting,
      draining: this.#draining,
    });
  }

  /** A control plane that does not answer for a whole lease is gone, whatever the connection says. */
  #watchLease(life: Life): void {
    const { lease } = this.#parts;
    this.#after(Math.max(1, lease.leftMs), () => {
      if (lease.holds) this.#watchLease(life);
      else life.over('no heartbeat was answered for a whole lease');
    });
  }

  #after(ms: number, task: () => void): void {
    const timer = this.#parts.system.scheduler.after(ms, () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
      task();
    });
    this.#timers.push(timer);
  }

  #close(): void {
    for (const timer of this.#timers.splice(0)) timer.cancel();
    this.#sessionId = null;
    this.#parts.lease.end();
    this.#parts.outbox.disconnected();
    this.#parts.logs.disconnected();
    this.#parts.executor.disconnected();
    this.#link?.close();
    this.#link = null;
  }

  #turnedAway(error: unknown): void {
    this.#parts.logger.warn({ err: error }, 'the control plane could not be reached or refused the session');
    if (!(error instanceof FailureError)) return;
    const { code } = error.failures[0];
    if (code === 'UNAUTHENTICATED' || code === 'FORBIDDEN') this.#finish({ end: 'rejected', error });
  }

  /** Exponential backoff with full jitter, so that two thousand agents do not come back in one moment. */
  async #pause(): Promise<void> {
    const { random, scheduler } = this.#parts.system;
    const most = Math.min(BACKOFF_MOST_MS, BACKOFF_FIRST_MS * 2 ** Math.min(this.#failures, 16));
    this.#failures += 1;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      scheduler.after(random.fraction() * most, resolve);
    });
  }

  #finish(end: SessionEnd): void {
    this.#end ??= end;
    this.#life?.over(end.end);
    this.#wake();
  }
}
