/** Does to the world what goes wrong, takes it back when its time is over, and knows what goes wrong at present. */
import { ENGINE, type Engine } from '../../control-plane/app/engine.ts';
import type { VirtualSystem } from '../support/virtual-system.ts';
import type { AgentProcess } from './agent-process.ts';
import type { Fault, FaultKind } from './faults.ts';
import type { History } from './history.ts';
import { CALM, type Network } from './network.ts';
import { STORE_CALM, type ReplicaProcess } from './replica-process.ts';

export interface Episode {
  readonly fault: FaultKind;
  /** Milliseconds since the run began. */
  readonly from: number;
  readonly until: number;
}

export interface TroubleWorld {
  readonly system: VirtualSystem;
  readonly history: History;
  readonly network: Network;
  readonly replicas: () => readonly ReplicaProcess[];
  readonly agents: () => readonly AgentProcess[];
}

export const PLANTED_BUG = 'this was to be expected: the engine has a bug';

export class Trouble {
  /** Everything that went wrong so far. */
  readonly episodes: Episode[] = [];
  /** Executions that the engine cannot interpret now, and those that it could not at some time. */
  readonly #buggy = new Set<string>();
  readonly everBuggy = new Set<string>();
  /** Of the kind that keeps control planes from their work, at present. */
  #slowing = 0;
  #healed = false;
  readonly #world: TroubleWorld;

  constructor(world: TroubleWorld) {
    this.#world = world;
  }

  get slows(): boolean {
    return this.#slowing > 0;
  }

  /** Kinds that are in force at this moment. */
  now(): readonly FaultKind[] {
    const { elapsed } = this.#world.system;
    const current = this.episodes.filter(({ from, until }) => from <= elapsed && elapsed <= until);
    return [...new Set(current.map(({ fault }) => fault))];
  }

  /** What control planes interpret executions with. */
  readonly engine: Engine = {
    ...ENGINE,
    decide: (execution, input, now) => {
      // A takeover is decided on, so that what is broken is broken in its own words.
      if (input.input !== 'driverChanged') this.#interpret(execution?.id);
      return ENGINE.decide(execution, input, now);
    },
    wanted: (execution) => {
      this.#interpret(execution.id);
      return ENGINE.wanted(execution);
    },
  };

  #interpret(id: string | undefined): void {
    if (id !== undefined && this.#buggy.has(id)) throw new Error(PLANTED_BUG);
  }

  begin(fault: Fault): void {
    if (this.#healed) return;
    const { history, system } = this.#world;
    history.note('fault', wordsOf(fault));
    const { elapsed } = system;
    this.episodes.push({ fault: fault.fault, from: elapsed, until: elapsed + fault.forMs });
    const end = this.#strike(fault);
    const slows = this.#isOfControlPlane(fault);
    if (slows) this.#slowing += 1;
    system.scheduler.after(fault.forMs, () => {
      if (slows) this.#slowing -= 1;
      if (!this.#healed) end();
    });
  }

  /** Answers what takes it back. */
  #strike(fault: Fault): () => void {
    const { network } = this.#world;
    switch (fault.fault) {
      case 'control plane crashes':
      case 'agent crashes': {
        const process = this.#process(fault.process);
        process.crashAt = process.awaits + fault.awaits;
        return () => this.#revive(fault.process);
      }
      case 'process is killed':
        this.#process(fault.process).kill();
        return () => this.#revive(fault.process);
      case 'ledger is lost':
        this.#agent(fault.process)?.wipe();
        return () => this.#revive(fault.process);
      case 'agent drains':
        void this.#agent(fault.process)?.agent?.drain();
        return () => {};
      case 'agent is cut off':
      case 'control plane is cut off':
        network.partition(fault.a, fault.b);
        return () => network.heal(fault.a, fault.b);
      case 'messages get lost, doubled and late':
        network.faults = fault.faults;
        return () => (network.faults = CALM);
      case 'store refuses and loses answers': {
        const replica = this.#replica(fault.process);
        if (replica !== undefined) replica.faults = fault.faults;
        return () => replica !== undefined && (replica.faults = STORE_CALM);
      }
      case 'clock jumps':
        this.#process(fault.process).skewMs += fault.byMs;
        return () => {};
      case 'engine has a bug':
        this.#buggy.add(fault.executionId);
        this.everBuggy.add(fault.executionId);
        return () => this.#mend(fault.executionId);
    }
  }

  /** From here on nothing goes wrong any more. */
  heal(): void {
    const { network, replicas, agents, history } = this.#world;
    this.#healed = true;
    history.note('act', 'everything is well again');
    network.heal();
    network.faults = CALM;
    for (const executionId of this.#buggy) this.#mend(executionId);
    for (const replica of replicas()) replica.faults = STORE_CALM;
    for (const { name } of [...replicas(), ...agents()]) this.#revive(name);
  }

  /** By a release without the bug, which every control plane is restarted with. */
  #mend(executionId: string): void {
    this.#buggy.delete(executionId);
    for (const { name } of this.#world.replicas()) {
      this.#process(name).kill();
      this.#revive(name);
    }
  }

  /** Down or without its store meanwhile: others may have to notice. */
  #isOfControlPlane(fault: Fault): boolean {
    if (fault.fault === 'engine has a bug') return true;
    return 'process' in fault && fault.fault !== 'clock jumps' && this.#replica(fault.process) !== undefined;
  }

  #replica(name: string): ReplicaProcess | undefined {
    return this.#world.replicas().find((each) => each.name === name);
  }

  #agent(name: string): AgentProcess | undefined {
    return this.#world.agents().find((each) => each.name === name);
  }

  #process(name: string): ReplicaProcess | AgentProcess {
    const found = this.#replica(name) ?? this.#agent(name);
    if (found === undefined) throw new Error(`no process ${name}`);
    return found;
  }

  #revive(name: string): void {
    const process = this.#process(name);
    process.crashAt = null;
    void process.start();
  }
}

function wordsOf({ fault, ...more }: Fault): string {
  const words = Object.values(more).map((value) => (typeof value === 'object' ? JSON.stringify(value) : String(value)));
  return `${fault}: ${words.join(' ')}`;
}
