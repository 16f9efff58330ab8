import type { CrashPoints } from '@fairlead/proto/model/crash.ts';
import type { FailureError } from '@fairlead/proto/model/failure.ts';
import type { AgentId } from '@fairlead/proto/model/ids.ts';
import type { System } from '@fairlead/proto/model/system.ts';
import type { Hello, OpenAttempt, Welcome } from '@fairlead/proto/model/task.ts';
import { Executor } from './executor.ts';
import { Inbox } from './inbox.ts';
import { Lease } from './lease.ts';
import { Ledger } from './ledger.ts';
import { LogStream, type LogLimits } from './log-stream.ts';
import { Outbox } from './outbox.ts';
import type { AppendFile } from './ports/append-file.ts';
import type { Link } from './ports/link.ts';
import type { Logger } from './ports/logger.ts';
import type { Spool } from './ports/spool.ts';
import type { Workshop } from './ports/workshop.ts';
import { Session, type SessionEnd } from './session.ts';

/** The versions of the protocol this agent speaks. */
export const PROTOCOL = { min: 1, max: 1 } as const;

export interface AgentParts {
  readonly identity: { readonly agentId: AgentId; readonly version: string; readonly hostname: string };
  readonly selectors: readonly string[];
  /** Attempts that run at once. */
  readonly capacity: number;
  readonly system: System;
  readonly link: Link;
  readonly file: AppendFile;
  readonly spool: Spool;
  readonly workshop: Workshop;
  readonly logger: Logger;
  readonly crash: CrashPoints;
  readonly logLimits?: LogLimits;
  readonly compactAtBytes?: number;
}

export type AgentEnd = SessionEnd | { readonly end: 'ledger-lost'; readonly error: FailureError };

/**
 * An agent, made of ports alone: the same code runs as a process and in simulation. `open` reads the ledger and takes
 * up what was running; `run` stays connected until the agent is stopped or turned away.
 */
export class Agent {
  readonly ledger: Ledger;
  readonly #parts: AgentParts;
  readonly #lease: Lease;
  readonly #outbox: Outbox;
  readonly #logs: LogStream;
  readonly #executor: Executor;
  readonly #session: Session;
  readonly #inbox: Inbox;
  #drained: Promise<void> | null = null;

  private constructor(parts: AgentParts, ledger: Ledger) {
    const { system, logger, workshop } = parts;
    this.#parts = parts;
    this.ledger = ledger;
    this.#lease = new Lease(system.clock);
    this.#outbox = new Outbox(parts.crash);
    const limits = parts.logLimits === undefined ? {} : { limits: parts.logLimits };
    this.#logs = new LogStream({ system, spool: parts.spool, logger, ...limits });
    this.#executor = new Executor({
      system,
      ledger,
      workshop,
      logger,
      outbox: this.#outbox,
      logs: this.#logs,
      capacity: parts.capacity,
      mayStart: () => this.#session.id !== null && this.#lease.holds && ledger.broken === null,
    });
    this.#session = new Session({
      link: parts.link,
      system,
      logger,
      lease: this.#lease,
      outbox: this.#outbox,
      logs: this.#logs,
      executor: this.#executor,
      hello: () => this.#hello(),
      welcomed: (welcome) => this.#welcomed(welcome),
      handle: (request) => this.#inbox.handle(request),
      drain: () => void this.drain(),
    });
    this.#inbox = new Inbox({
      ledger,
      executor: this.#executor,
      queries: workshop.queries,
      logger,
      queueLimit: 10 * parts.capacity,
      sessionId: () => this.#session.id,
      draining: () => this.#drained !== null,
    });
  }

  static async open(parts: AgentParts): Promise<Agent> {
    const { file, system, crash, compactAtBytes } = parts;
    const compact = compactAtBytes === undefined ? {} : { compactAtBytes };
    const agent = new Agent(parts, await Ledger.open({ file, system, crash, ...compact }));
    void agent.ledger.lost.then((error) => {
      parts.logger.error({ err: error }, 'the ledger cannot be written; the agent ends when what runs has ended');
      void agent.drain();
    });
    agent.#executor.resume();
    return agent;
  }

  /** What runs or is about to, and what waits. */
  get load(): { readonly running: number; readonly waiting: number } {
    return { running: this.#executor.running, waiting: this.#executor.waiting };
  }

  get sessionId(): string | null {
    return this.#session.id;
  }

  async run(): Promise<AgentEnd> {
    const end = await this.#session.run();
    return this.ledger.broken === null ? end : { end: 'ledger-lost', error: this.ledger.broken };
  }

  /** Finishes what runs, takes nothing new, waits until everything is reported, says goodbye and ends. */
  drain(): Promise<void> {
    this.#drained ??= this.#drain();
    return this.#drained;
  }

  /** Ends now. What runs at targets goes on; the next process takes it up. */
  stop(): void {
    this.#session.stop();
  }

  /** After `run` resolved: lets go of files and connections. */
  async close(): Promise<void> {
    this.#executor.leave();
    await this.#parts.workshop.close();
    await this.ledger.close();
    await this.#parts.spool.close();
  }

  async #drain(): Promise<void> {
    // A turn later, so that `draining` is known before anybody is told.
    await Promise.resolve();
    this.#session.startDraining();
    await this.#executor.drain();
    await this.#outbox.emptied();
    await this.#logs.flushed();
    this.#session.stop(true);
  }

  #hello(): Hello {
    const { identity, selectors, capacity } = this.#parts;
    return {
      ...identity,
      ledgerId: this.ledger.id,
      protocol: PROTOCOL,
      incarnation: this.ledger.incarnation,
      selectors,
      capabilities: this.#executor.capabilities,
      capacity,
      open: [...this.#openAttempts()],
    };
  }

  *#openAttempts(): Iterable<OpenAttempt> {
    for (const { attemptId, assignment, state } of this.ledger.open()) yield { attemptId, assignment, state };
    for (const { attemptId, assignment, state } of this.ledger.ofEarlier()) {
      yield { attemptId, assignment, state, acknowledged: true };
    }
  }

  /** False: the store was put back from a backup, and is to hear in another hello what it does not know any more. */
  async #welcomed(welcome: Welcome): Promise<boolean> {
    const { incarnation } = this.ledger;
    const restored = incarnation !== null && incarnation !== welcome.incarnation;
    if (restored) this.#inbox.restored();
    // A ledger that cannot be written says so itself, and ends the agent.
    await this.ledger.metIncarnation(welcome.incarnation).catch(() => {});
    if (!restored) return true;
    const accepted = this.ledger.open().filter(({ state }) => state === 'ACCEPTED');
    for (const { attemptId } of accepted) await this.#executor.forget(attemptId).catch(() => {});
    return false;
  }
}
