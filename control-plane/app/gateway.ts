/** The agents' door: sessions, reports and logs, on top of the router. What it answers is durable first. */
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { AgentId, AttemptId, ReplicaId } from '@fairlead/proto/model/ids.ts';
import type { System } from '@fairlead/proto/model/system.ts';
import type { Acknowledgement, Hello, Report, Welcome } from '@fairlead/proto/model/task.ts';
import type {
  AgentConnection,
  AgentGateway,
  Beat,
  EnrollRequest,
  SessionKey,
  StoredLength,
} from '../ports/agent-gateway.ts';
import { chunkEnd, type LogChunk, type Logs } from '../ports/logs.ts';
import type { AgentPresence } from './agent-directory.ts';
import type { AgentRegistry } from './agent-registry.ts';
import type { FormerName } from './former-name.ts';
import type { LogWriters } from './log-writers.ts';
import type { Presence } from './presence.ts';
import type { Router } from './router.ts';

const PROTOCOL = 1;

export interface GatewayOptions {
  readonly replica: ReplicaId;
  readonly incarnation: string;
  readonly leaseMs: number;
  readonly heartbeatMs: number;
  readonly bus: Welcome['bus'];
}

export interface GatewayWorld {
  readonly system: System;
  readonly registry: AgentRegistry;
  readonly router: Router;
  readonly logs: Logs;
  readonly logWriters: LogWriters;
  readonly formerName: FormerName;
  readonly presence: Presence;
  /** A log grew: for those who watch it. */
  logGrew(attemptId: AttemptId): void;
}

interface Session {
  readonly connection: AgentConnection;
  presence: AgentPresence;
}

export class Gateway implements AgentGateway {
  readonly #world: GatewayWorld;
  readonly #options: GatewayOptions;
  readonly #sessions = new Map<AgentId, Session>();
  /** Their streams of logs may be open still. */
  readonly #revoked = new Set<AgentId>();

  constructor(world: GatewayWorld, options: GatewayOptions) {
    this.#world = world;
    this.#options = options;
  }

  /** Agents whose session is here, as they are now. */
  get connected(): readonly AgentPresence[] {
    return [...this.#sessions.values()].map((session) => session.presence);
  }

  enroll(request: EnrollRequest): Promise<{ readonly agentId: AgentId; readonly name: string }> {
    return this.#world.registry.enroll(request);
  }

  authenticate(agentId: AgentId, credential: string): Promise<void> {
    return this.#world.registry.authenticate(agentId, credential);
  }

  async hello(connection: AgentConnection, hello: Hello): Promise<Welcome> {
    const { protocol, agentId, ledgerId, open } = hello;
    if (protocol.min > PROTOCOL || protocol.max < PROTOCOL) {
      const why = `the agent speaks protocol ${protocol.min} to ${protocol.max}, this control plane ${PROTOCOL}`;
      throw new FailureError(failure('UNSUPPORTED', `${why}: upgrade the older of the two`));
    }
    const { replica, incarnation, leaseMs, heartbeatMs, bus } = this.#options;
    const { system, registry, presence } = this.#world;
    const sessionId = system.ids.unique('s');
    const { hostname, version, selectors, capabilities, capacity } = hello;
    const here: AgentPresence = {
      agentId,
      name: registry.nameOf(agentId),
      sessionId,
      ledgerId,
      replica,
      hello: { hostname, version, selectors, capabilities, capacity },
      draining: false,
      running: 0,
      waiting: 0,
      lastHeartbeatAt: system.clock.now(),
    };
    this.#sessions.set(agentId, { connection, presence: here });
    const restored = hello.incarnation !== null && hello.incarnation !== incarnation;
    presence.arrived(here, { agentId, sessionId, ledgerId, open, restored });
    return { sessionId, incarnation, protocol: PROTOCOL, leaseMs, heartbeatMs, bus };
  }

  heartbeat(key: SessionKey, beat: Beat): boolean {
    const session = this.#session(key);
    if (session === null) return false;
    session.presence = { ...session.presence, ...beat, lastHeartbeatAt: this.#world.system.clock.now() };
    this.#world.presence.beat(session.presence);
    return true;
  }

  async report(key: SessionKey, report: Report): Promise<Acknowledgement | null> {
    const { agentId } = key;
    const { logWriters, router } = this.#world;
    let acknowledgement = await router.report(agentId, report);
    if (acknowledgement?.verdict === 'refused' && report.report !== 'starting') {
      const former = await this.#formerName(key, report.attemptId);
      if (former !== null) acknowledgement = await router.report(former, report);
    }
    if (report.report === 'released') logWriters.released(report.attemptId, agentId);
    if (report.report === 'starting' && acknowledgement?.verdict === 'recorded') {
      logWriters.started(report.attemptId, agentId);
    }
    return acknowledgement;
  }

  async logs(agentId: AgentId, chunks: readonly LogChunk[]): Promise<readonly StoredLength[]> {
    const { logs, logWriters } = this.#world;
    if (this.#revoked.has(agentId)) throw new FailureError(failure('FORBIDDEN', 'the agent was revoked'));
    const attempts = [...new Set(chunks.map((chunk) => chunk.attemptId))];
    const ledgerId = this.#sessions.get(agentId)?.presence.ledgerId ?? '';
    const theirs = await logWriters.among(attempts, agentId, ledgerId);
    await logs.append(chunks.filter((chunk) => chunk.bytes.length > 0 && theirs.has(chunk.attemptId)));
    const lengths = new Map(await logs.lengths([...theirs]));
    // Of others' attempts nothing is stored nor told; but what was never answered would come again for ever.
    for (const chunk of chunks) {
      if (theirs.has(chunk.attemptId)) continue;
      lengths.set(chunk.attemptId, Math.max(lengths.get(chunk.attemptId) ?? 0, chunkEnd(chunk)));
    }
    for (const attemptId of theirs) this.#world.logGrew(attemptId);
    return attempts.map((attemptId) => ({ attemptId, offset: lengths.get(attemptId) ?? 0 }));
  }

  disconnected(key: SessionKey, _reason: string): void {
    if (this.#session(key) === null) return;
    this.#sessions.delete(key.agentId);
    this.#world.logWriters.left(key.agentId);
    this.#world.presence.left(key.agentId, key.sessionId);
  }

  /** Ends the sessions of an agent that was revoked. */
  revoke(agentId: AgentId): void {
    this.#revoked.add(agentId);
    this.#sessions.get(agentId)?.connection.revoke('the agent was revoked');
  }

  /** Another than its own, by which the journal knows it. */
  async #formerName(key: SessionKey, attemptId: AttemptId): Promise<AgentId | null> {
    const session = this.#session(key);
    if (session === null) return null;
    const former = await this.#world.formerName.of(attemptId, session.presence.ledgerId);
    return former === key.agentId ? null : former;
  }

  #session(key: SessionKey): Session | null {
    const session = this.#sessions.get(key.agentId);
    return session?.presence.sessionId === key.sessionId ? session : null;
  }
}
