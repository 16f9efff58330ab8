import type { AgentAnswer, AgentRequest } from '@fairlead/proto/model/task.ts';
import type { Lease } from './lease.ts';
import type { LogStream } from './log-stream.ts';
import type { Outbox } from './outbox.ts';
import type { LinkEvents } from './ports/link.ts';

export interface LifeParts {
  readonly lease: Lease;
  readonly outbox: Outbox;
  readonly logs: LogStream;
  handle(request: AgentRequest): Promise<AgentAnswer>;
  drain(): void;
}

/** What the link tells, for as long as this session is the one. */
export class Life implements LinkEvents {
  readonly ended: Promise<void>;
  reason = '';
  isOver = false;
  readonly #parts: LifeParts;
  readonly #tell: { beatAnswered(): void; revoked(reason: string): void };
  #end: () => void = () => {};

  constructor(parts: LifeParts, tell: { beatAnswered(): void; revoked(reason: string): void }) {
    this.#parts = parts;
    this.#tell = tell;
    this.ended = new Promise((resolve) => (this.#end = resolve));
  }

  over(reason: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.reason = reason;
    this.#end();
  }

  request(request: AgentRequest): Promise<AgentAnswer> {
    return this.#parts.handle(request);
  }
  acknowledged(...[id, acknowledgement]: Parameters<LinkEvents['acknowledged']>): void {
    if (!this.isOver) this.#parts.outbox.acknowledged(id, acknowledgement);
  }
  heartbeatAnswered(number: number): void {
    if (this.isOver) return;
    this.#parts.lease.beatAnswered(number);
    this.#tell.beatAnswered();
  }
  logsStored(attemptId: string, offset: number): void {
    this.#parts.logs.stored(attemptId, offset);
  }
  logsWritable(): void {
    this.#parts.logs.writable();
  }
  logsAnew(): void {
    if (!this.isOver) this.#parts.logs.again();
  }
  drain(): void {
    this.#parts.drain();
  }
  revoked(reason: string): void {
    this.#tell.revoked(reason);
    this.over('revoked');
  }
  closed(reason: string): void {
    this.over(reason);
  }
}
