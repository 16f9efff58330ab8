import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { Acknowledgement, Hello, Report, Welcome } from '@fairlead/proto/model/task.ts';
import type {
  AgentConnection,
  AgentGateway,
  Beat,
  EnrollRequest,
  SessionKey,
} from '@fairlead/control-plane/ports/agent-gateway.ts';
import type { LogChunk } from '@fairlead/control-plane/ports/logs.ts';

/** A control plane that remembers what it heard and answers as the test wants. */
export class FakeGateway implements AgentGateway {
  readonly enrolled: EnrollRequest[] = [];
  readonly hellos: Hello[] = [];
  readonly reports: { readonly sessionId: string; readonly report: Report }[] = [];
  readonly gone: { readonly sessionId: string; readonly reason: string }[] = [];
  readonly beats: Beat[] = [];
  readonly connections: AgentConnection[] = [];
  /** Logs as they are stored. */
  readonly stored = new Map<string, string>();
  readonly logCalls: number[] = [];
  readonly credentials = new Map<string, string>([['a1', 'c1']]);
  welcome: Partial<Welcome> = {};
  knowsSessions = true;
  judge: (report: Report) => Promise<Acknowledgement> = () => Promise.resolve({ verdict: 'recorded' });
  /** Storing logs waits for it. */
  storing: () => Promise<void> = () => Promise.resolve();
  #sessions = 0;

  get sessionId(): string {
    return `s${this.#sessions}`;
  }

  enroll(request: EnrollRequest): Promise<{ agentId: string; name: string }> {
    if (request.token !== 'good') {
      return Promise.reject(new FailureError(failure('UNAUTHENTICATED', 'the join token is unknown or revoked')));
    }
    this.enrolled.push(request);
    return Promise.resolve({ agentId: 'a1', name: request.name });
  }

  authenticate(agentId: string, credential: string): Promise<void> {
    if (this.credentials.get(agentId) === credential) return Promise.resolve();
    return Promise.reject(
      new FailureError(failure('UNAUTHENTICATED', `agent ${agentId} is not known by this credential`)),
    );
  }

  hello(connection: AgentConnection, hello: Hello): Promise<Welcome> {
    this.#sessions += 1;
    this.hellos.push(hello);
    this.connections.push(connection);
    return Promise.resolve({
      sessionId: this.sessionId,
      incarnation: 'store1',
      protocol: 1,
      leaseMs: 10_000,
      heartbeatMs: 100,
      bus: { kind: 'STREAM' },
      ...this.welcome,
    });
  }

  heartbeat(_session: SessionKey, beat: Beat): boolean {
    this.beats.push(beat);
    return this.knowsSessions;
  }

  report({ sessionId }: SessionKey, report: Report): Promise<Acknowledgement> {
    this.reports.push({ sessionId, report });
    return this.judge(report);
  }

  async logs(
    _agentId: string,
    chunks: readonly LogChunk[],
  ): Promise<readonly { readonly attemptId: string; readonly offset: number }[]> {
    this.logCalls.push(chunks.length);
    await this.storing();
    for (const { attemptId, offset, bytes, gap } of chunks) {
      const before = this.stored.get(attemptId) ?? '';
      if (bytes.length === 0 || offset < before.length) continue;
      if (offset !== before.length + gap) throw new Error(`a hole in the log of ${attemptId} at ${offset}`);
      this.stored.set(attemptId, before + '#'.repeat(gap) + Buffer.from(bytes).toString('latin1'));
    }
    const named = new Set(chunks.map(({ attemptId }) => attemptId));
    return [...named].map((attemptId) => ({ attemptId, offset: this.stored.get(attemptId)?.length ?? 0 }));
  }

  disconnected({ sessionId }: SessionKey, reason: string): void {
    this.gone.push({ sessionId, reason });
  }

  reported(kind: Report['report']): readonly Report[] {
    return this.reports.map(({ report }) => report).filter(({ report }) => report === kind);
  }
}
