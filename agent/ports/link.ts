import type { Acknowledgement, AgentAnswer, AgentRequest, Hello, Report, Welcome } from '@fairlead/proto/model/task.ts';
import type { LogChunk } from './log-chunk.ts';

/**
 * The agent's end of a connection to a control plane. One implementation speaks gRPC (and takes requests from NATS
 * where the welcome says so), one is simulated.
 *
 * - `open` dials, sends the hello and resolves with the welcome, or rejects (UNAVAILABLE: try again with backoff;
 *   UNAUTHENTICATED or FORBIDDEN: stop for good).
 * - After `closed` was called nothing of the link is delivered any more, and sends are dropped in silence: the ledger
 *   sends again what was not acknowledged.
 */
export interface Link {
  open(hello: Hello, events: LinkEvents): Promise<OpenLink>;
}

export interface OpenLink {
  readonly welcome: Welcome;
  heartbeat(beat: {
    readonly number: number;
    readonly running: number;
    readonly waiting: number;
    readonly draining: boolean;
  }): void;
  report(id: string, report: Report): void;
  goodbye(): void;
  /**
   * Never blocks the session, and never ends it; false when the log stream takes nothing (try again after `logsWritable`
   * or `logsAnew`).
   */
  logs(chunks: readonly LogChunk[]): boolean;
  close(): void;
}

export interface LinkEvents {
  request(request: AgentRequest): Promise<AgentAnswer>;
  acknowledged(reportId: string, acknowledgement: Acknowledgement): void;
  heartbeatAnswered(number: number): void;
  logsStored(attemptId: string, offset: number): void;
  logsWritable(): void;
  /** The log stream alone was lost and is there again: what is not known to be stored has to be sent once more. */
  logsAnew(): void;
  drain(): void;
  revoked(reason: string): void;
  /** Once, whoever ended it. */
  closed(reason: string): void;
}
