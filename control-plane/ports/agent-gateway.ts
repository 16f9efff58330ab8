import type { AgentId, AttemptId } from '@fairlead/proto/model/ids.ts';
import type { Acknowledgement, Hello, Report, Welcome } from '@fairlead/proto/model/task.ts';
import type { LogChunk } from './logs.ts';

/**
 * What the agents' server asks of the application. Every method may reject with a FailureError, which the agent gets;
 * anything else that is thrown is a bug, and the agent hears INTERNAL and tries again.
 *
 * - `enroll` exchanges a join token for an identity. Idempotent by `credentialSha256`: an agent that lost the answer
 *   asks again with the same one and gets the same identity. UNAUTHENTICATED for an unknown or revoked token.
 * - `authenticate` is called before anything else of a connection; UNAUTHENTICATED or FORBIDDEN end the agent's tries.
 * - `hello` opens a session. At most one session of an agent is open: opening one ends an earlier one (the server
 *   closes it and calls `disconnected` for it, before it calls `hello` for the new one).
 * - `heartbeat` renews the session's lease from now on; false when the session does not exist any more.
 * - `report` resolves after what it says is durable in the journal, or refused by it: the acknowledgement is sent then
 *   and not before. With null nothing is sent: it could not be decided on, and the agent reports again in its next
 *   session. A rejection ends the session.
 * - `logs` resolves when the chunks are durable, with the stored length of every log named in them; a chunk without
 *   bytes only asks for that. The next chunks of an agent are taken when it resolved: that is the back-pressure.
 * - `disconnected` is called once for every session that was opened, whatever ended it. Nothing of that session
 *   follows it, except for reports that were already handed in.
 */
export interface AgentGateway {
  enroll(request: EnrollRequest): Promise<{ readonly agentId: AgentId; readonly name: string }>;
  authenticate(agentId: AgentId, credential: string): Promise<void>;
  hello(connection: AgentConnection, hello: Hello): Promise<Welcome>;
  heartbeat(session: SessionKey, beat: Beat): boolean;
  report(session: SessionKey, report: Report): Promise<Acknowledgement | null>;
  logs(agentId: AgentId, chunks: readonly LogChunk[]): Promise<readonly StoredLength[]>;
  disconnected(session: SessionKey, reason: string): void;
}

export interface EnrollRequest {
  readonly token: string;
  readonly name: string;
  /** sha-256 of the credential the agent keeps, hexadecimal. */
  readonly credentialSha256: string;
}

export interface SessionKey {
  readonly agentId: AgentId;
  readonly sessionId: string;
}

export interface Beat {
  readonly running: number;
  readonly waiting: number;
  readonly draining: boolean;
}

export interface StoredLength {
  readonly attemptId: AttemptId;
  readonly offset: number;
}

/** A connected agent, as far as the application needs to reach it other than over the bus. */
export interface AgentConnection {
  readonly agentId: AgentId;
  /** Finish what runs, take nothing new. */
  drain(): void;
  /** Ends the session for good: the agent does not come back. */
  revoke(reason: string): void;
}
