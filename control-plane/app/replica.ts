/** One control plane, made of ports alone: the same code runs as a process and in simulation. */
import { executionOf, type AttemptId, type ExecutionId, type ReplicaId } from '@fairlead/proto/model/ids.ts';
import type { CrashPoints } from '@fairlead/proto/model/crash.ts';
import type { System } from '@fairlead/proto/model/system.ts';
import type { Command } from '../engine/commands.ts';
import type { Execution } from '../engine/execution.ts';
import type { Bus } from '../ports/bus.ts';
import type { Digest } from '../ports/digest.ts';
import type { Store } from '../ports/store.ts';
import type { AtHand } from './at-hand.ts';
import { AgentDirectory } from './agent-directory.ts';
import { AgentRegistry } from './agent-registry.ts';
import { Expiry } from './expiry.ts';
import { FormerName } from './former-name.ts';
import { AgentWatch } from './agent-watch.ts';
import { DefinitionStore } from './definition-store.ts';
import { foundThere } from './found-there.ts';
import { guardNow } from './guards.ts';
import { rejectOthers, type AutoRejectWorld } from './auto-reject.ts';
import { Builds } from './builds.ts';
import type { Decision } from './deliberate.ts';
import { Dispatcher } from './dispatcher.ts';
import { Drivers } from './drivers.ts';
import type { Engine } from './engine.ts';
import { Gateway, type GatewayOptions } from './gateway.ts';
import { History } from './history.ts';
import { Holds } from './holds.ts';
import { journalCodec } from './journal-codec.ts';
import { LockCommands } from './lock-commands.ts';
import { LockKeeper } from './lock-keeper.ts';
import { LogWriters } from './log-writers.ts';
import { Planner } from './planner.ts';
import { Presence } from './presence.ts';
import { Projector } from './projector.ts';
import { Publisher } from './publisher.ts';
import { Replicas } from './replicas.ts';
import { Revocations } from './revocations.ts';
import { Router } from './router.ts';
import { Sweeper } from './sweeper.ts';

export interface ReplicaParts {
  readonly store: Store;
  readonly bus: Bus;
  readonly system: System;
  readonly digest: Digest;
  readonly engine: Engine;
  readonly crash: CrashPoints;
  /** The store admits one process at a time. */
  readonly alone: boolean;
  readonly gateway: Omit<GatewayOptions, 'replica' | 'incarnation'>;
  /** An agent unheard of for so long is lost. Milliseconds. */
  readonly agentLostMs: number;
  /** Something went wrong that is retried anyhow: for the log. */
  onError(error: unknown): void;
  onBroken(executionId: string, reason: string): void;
}

export class Replica {
  readonly id: ReplicaId;
  readonly history: History;
  readonly publisher: Publisher;
  readonly projector: Projector;
  readonly agents: AgentDirectory;
  readonly registry: AgentRegistry;
  readonly drivers: Drivers;
  readonly router: Router;
  readonly gateway: Gateway;
  readonly locks: LockKeeper;
  readonly holds: Holds;
  readonly definitions: DefinitionStore;
  readonly #parts: ReplicaParts;
  readonly #dispatcher: Dispatcher;
  readonly #lockCommands: LockCommands;
  readonly #planner: Planner;
  readonly #others: AutoRejectWorld;
  readonly #replicas: Replicas;
  readonly #sweeper: Sweeper;
  readonly #expiry: Expiry;
  readonly #watch: AgentWatch;
  readonly #presence: Presence;
  readonly revocations: Revocations;
  readonly #logWatchers = new Set<(attemptId: AttemptId) => void>();

  constructor(parts: ReplicaParts) {
    const { store, bus, system, engine, crash } = parts;
    const { clock, scheduler } = system;
    this.#parts = parts;
    this.id = system.ids.unique('r');
    this.history = new History(store.journal, journalCodec(store.blobs), engine, scheduler, crash);
    this.publisher = new Publisher(bus, scheduler);
    this.projector = new Projector(store.rows, scheduler, parts.onError);
    this.agents = new AgentDirectory(clock, parts.agentLostMs);
    this.registry = new AgentRegistry(store.documents, system, parts.digest);
    const publish = (execution: Execution, seq: number, decisions: readonly Decision[]): void =>
      this.publisher.publish(execution, seq, decisions);
    const atHand: AtHand = {
      answers: (commands) => this.#dispatcher.assignNow(commands),
      takeBack: (answers) => this.#dispatcher.takeBack(answers),
    };
    const loops = { engine, history: this.history, clock, atHand, publish };
    this.drivers = new Drivers({
      replica: this.id,
      system,
      heads: store.heads,
      loops,
      carryOut: (command, now) => this.#carryOut(command, now),
      alarm: parts.onBroken,
      onError: parts.onError,
    });
    this.router = new Router(this.id, bus, store.heads, this.drivers, loops);
    const give = this.drivers.give.bind(this.drivers);
    const enrolled = () => this.registry.enrolled;
    this.#dispatcher = new Dispatcher({ bus, agents: this.agents, clock, crash, enrolled, give });
    this.locks = new LockKeeper(store.documents, async (id) => (await store.heads.get(id))?.settled ?? true, clock);
    this.holds = new Holds(store.documents, parts.digest, clock);
    this.definitions = new DefinitionStore(store.documents, bus, system);
    const guardTerms = (id: string) => guardNow(this.definitions, id);
    const found = (execution: Execution, runId: string) => foundThere(store.rows, execution, runId);
    this.#lockCommands = new LockCommands({
      ...{ keeper: this.locks, bus, scheduler, guardTerms, give },
      foundThere: found,
    });
    const builds = new Builds(bus, this.agents);
    this.#planner = new Planner({
      definitions: this.definitions,
      builds,
      documents: store.documents,
      rows: store.rows,
      digest: parts.digest,
      clock,
      give,
    });
    const submit = this.router.submit.bind(this.router);
    this.#others = { rows: store.rows, history: this.history, submit, give };
    this.#replicas = new Replicas(this.id, store.documents, clock, scheduler);
    this.#sweeper = new Sweeper(store.heads, this.#replicas, this.drivers, system);
    this.#expiry = new Expiry(store.documents, system);
    const recall = this.#dispatcher.recall.bind(this.#dispatcher);
    this.#watch = new AgentWatch(this.drivers, this.agents, scheduler, recall);
    const connected = () => this.gateway.connected;
    this.#presence = new Presence(this.id, bus, this.agents, this.#watch, scheduler, connected, parts.alone);
    const load = async (id: ExecutionId) => (await this.history.load(id, this.drivers.loop(id)?.at)).execution;
    const formerName = new FormerName(load, this.agents);
    this.gateway = new Gateway(
      {
        system,
        registry: this.registry,
        router: this.router,
        logs: store.logs,
        logWriters: new LogWriters(load, formerName),
        formerName,
        presence: this.#presence,
        logGrew: (attemptId) => this.#logGrew(attemptId),
      },
      { ...parts.gateway, replica: this.id, incarnation: store.incarnation },
    );
    this.revocations = new Revocations(this.registry, this.gateway, this.agents, scheduler);
    this.publisher.follow((execution, seq, decisions) => this.#follow(execution, seq, decisions));
  }

  async start(): Promise<void> {
    const { alone, onError } = this.#parts;
    await this.registry.agents();
    await this.#replicas.start(alone, onError);
    this.publisher.start();
    this.router.serve();
    this.#presence.start();
    this.#watch.start();
    // Where there is no other, who revokes an agent turns it away.
    if (!alone) this.revocations.start(onError);
    this.#sweeper.start(onError);
    this.#expiry.start(onError);
  }

  /** Lets go of everything; what it drove is taken up by another, or at the next start. */
  async stop(): Promise<void> {
    this.#sweeper.stop();
    this.#expiry.stop();
    this.#watch.stop();
    this.revocations.stop();
    this.#presence.stop();
    this.#lockCommands.stop();
    this.router.stop();
    this.publisher.stop();
    this.drivers.stop();
    this.projector.stop();
    await this.#replicas.stop();
  }

  watchLogs(watcher: (attemptId: AttemptId) => void): () => void {
    this.#logWatchers.add(watcher);
    return () => this.#logWatchers.delete(watcher);
  }

  #logGrew(attemptId: AttemptId): void {
    for (const watcher of this.#logWatchers) watcher(attemptId);
  }

  #follow(execution: Execution, seq: number, decisions: readonly Decision[]): void {
    this.projector.follow(execution, seq, decisions);
    for (const event of decisions.flatMap((decision) => decision.events)) {
      if (event.event === 'AttemptEnded' || event.event === 'AttemptReleased') this.agents.ended(event.attemptId);
    }
    if (execution.settled) this.drivers.settled(execution).catch(this.#parts.onError);
  }

  async #carryOut(command: Command, now: () => Execution | null): Promise<number> {
    const execution = now();
    if (execution === null) return 1_000;
    const give = this.drivers.give.bind(this.drivers);
    switch (command.command) {
      case 'assign':
        return this.#dispatcher.assign(command, () => now() !== null);
      case 'offer':
        return this.#dispatcher.offer(command, execution);
      case 'cancel':
        return this.#dispatcher.cancel(command, execution);
      case 'probe':
        return this.#dispatcher.probe(command, execution);
      case 'acquireLock':
        return this.#lockCommands.acquire(command, execution);
      case 'releaseLock':
        // Whoever gets it next looks for what was deployed there.
        if (execution.runs.some(({ id, status }) => id === command.runId && status === 'SUCCESS')) {
          await this.projector.writeNow(execution, this.drivers.loop(execution.id)?.at.seq ?? 0);
        }
        return this.#lockCommands.release(command);
      case 'writeHold':
        return this.holds.write(command, execution, give);
      case 'acquirePermits':
        return this.#lockCommands.acquirePermits(command);
      case 'releasePermits':
        return this.#lockCommands.releasePermits(command);
      case 'planRun':
        return this.#planner.plan(command, execution);
      case 'rejectOthers':
        return rejectOthers(this.#others, command, execution);
      case 'writeSummary': {
        const seq = this.drivers.loop(executionOf(command.id))?.at.seq ?? 0;
        return this.projector.writeSummary(command, execution, seq, give);
      }
    }
  }
}
