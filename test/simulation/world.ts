/** One seed played to its end: two control planes, three agents, hosts, people, and everything that goes wrong. */
import { ENGINE } from '../../control-plane/app/engine.ts';
import { createMemoryData } from '../support/memory-store/index.ts';
import { VirtualSystem } from '../support/virtual-system.ts';
import { AgentProcess } from './agent-process.ts';
import { Checker, type Violation } from './checker.ts';
import { History } from './history.ts';
import { END_INVARIANTS } from './invariants/end.ts';
import { LinkWorld } from './link-world.ts';
import { CALM, Network } from './network.ts';
import { People } from './people.ts';
import { ReplicaProcess, STORE_CALM } from './replica-process.ts';
import { AGENTS, REPLICAS, SELECTORS, scenarioOf, type Act, type Scenario } from './scenario.ts';
import { statisticsOf, type Statistics } from './statistics.ts';
import { TargetWorld } from './target-world.ts';

/** Far beyond every deadline: what has not come to rest by then after everything is well again never will. */
const REST_MS = 420_000;
/** For what follows the last append: heads, ledgers, memory. */
const TIDY_MS = 30_000;
/** How often the end is looked for. */
const LOOK_MS = 500;

export interface Outcome {
  readonly seed: number;
  readonly violation: Violation | null;
  readonly history: History;
  readonly statistics: Statistics;
}

export async function play(seed: number): Promise<Outcome> {
  const world = new World(scenarioOf(seed));
  const onBug = (error: unknown): void => world.bug(error);
  process.on('unhandledRejection', onBug);
  try {
    await world.run();
  } finally {
    process.off('unhandledRejection', onBug);
  }
  return world.outcome;
}

class World {
  readonly #scenario: Scenario;
  readonly #system: VirtualSystem;
  readonly #history: History;
  readonly #network: Network;
  readonly #data = createMemoryData();
  readonly #replicas: readonly ReplicaProcess[];
  readonly #agents: readonly AgentProcess[];
  readonly #checker: Checker;
  readonly #people: People;
  readonly #done: Act[] = [];
  #steps = 0;
  #healed = false;
  #disturbances = 0;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    const system = new VirtualSystem(scenario.seed);
    const history = new History(() => system.elapsed);
    const network = new Network(system, history);
    const links = new LinkWorld(system, network, () => this.#replicas);
    const targets = new TargetWorld(system, history);
    targets.behave = scenario.behave;
    this.#system = system;
    this.#history = history;
    this.#network = network;
    this.#checker = new Checker({
      data: this.#data,
      targets,
      history,
      replicas: () => this.#replicas,
      elapsed: () => system.elapsed,
    });
    network.onRequest = (from, subject, payload) => this.#checker.onRequest(from, subject, payload);
    links.onRequest = this.#checker.onAsked;
    const parts = { system, network, data: this.#data, engine: ENGINE, history, links: () => links };
    const onStore = (call: string): void => this.#checker.onStore(call);
    this.#replicas = REPLICAS.map((name) => new ReplicaProcess(name, { ...parts, onStore }));
    this.#agents = AGENTS.map((name) => new AgentProcess(name, system, targets, links, history, SELECTORS[name]));
    this.#people = new People(system, this.#replicas, history, (text) => this.bug(text));
  }

  bug(error: unknown): void {
    this.#checker.found('no-bug-is-thrown', error instanceof Error ? (error.stack ?? error.message) : String(error));
  }

  get outcome(): Outcome {
    const { seed } = this.#scenario;
    const statistics = statisticsOf(this.#checker.journals.executions, this.#done, this.#steps, this.#system.elapsed);
    return { seed, violation: this.#checker.violations[0] ?? null, history: this.#history, statistics };
  }

  async run(): Promise<void> {
    const { acts, healAt } = this.#scenario;
    for (const process of [...this.#replicas, ...this.#agents]) void process.start();
    for (const act of acts) this.#system.scheduler.after(act.at, () => this.#do(act));
    this.#system.scheduler.after(healAt, () => this.#heal());
    while (this.#checker.violations.length === 0 && !this.#isOver()) await this.#step();
  }

  async #step(): Promise<void> {
    this.#steps += 1;
    if (this.#disturbances > 0) this.#checker.disturbed();
    try {
      await this.#system.step();
    } catch (error) {
      this.bug(error);
    }
    this.#checker.stepped();
  }

  #lookAt = 0;
  #restedAt: number | null = null;

  /** Over when everything that holds at rest does; a violation when it does not in time. */
  #isOver(): boolean {
    const { elapsed } = this.#system;
    if (!this.#healed || elapsed < this.#lookAt) return false;
    this.#lookAt = elapsed + LOOK_MS;
    const asked = this.#done.flatMap((act) => (act.act === 'start' ? [act.plan.executionId] : []));
    if (this.#restedAt === null && this.#people.waiting === 0) {
      if (asked.every((id) => this.#checker.journals.execution(id)?.settled === true)) this.#restedAt = elapsed;
    }
    const limit = this.#restedAt === null ? this.#scenario.healAt + REST_MS : this.#restedAt + TIDY_MS;
    const world = { ...this.#checker.observed(), replicas: this.#replicas, agents: this.#agents, asked };
    for (const [name, invariant] of Object.entries(END_INVARIANTS)) {
      const finding = invariant(world);
      if (finding === null) continue;
      if (elapsed > limit) this.#checker.found(name, finding);
      return false;
    }
    return this.#people.waiting === 0;
  }

  #do(act: Act): void {
    this.#done.push(act);
    this.#history.note('act', nameOf(act));
    switch (act.act) {
      case 'start':
        return void this.#people.start(act.plan);
      case 'abort':
      case 'rollback':
        return void this.#people.submit(act.executionId, { input: act.act, actor: 'person', reason: 'wanted so' });
      case 'crash': {
        const process = this.#process(act.process);
        process.crashAt = process.awaits + act.awaits;
        return this.#disturb(act.forMs, () => this.#revive(act.process), act.process);
      }
      case 'kill':
        this.#process(act.process).kill();
        return this.#disturb(act.forMs, () => this.#revive(act.process), act.process);
      case 'wipe':
        this.#agents.find((each) => each.name === act.process)?.wipe();
        return this.#disturb(act.forMs, () => this.#revive(act.process));
      case 'drain':
        return void this.#agents.find((each) => each.name === act.process)?.agent?.drain();
      case 'cut':
        if (act.a !== act.b) this.#network.partition(act.a, act.b);
        return this.#disturb(act.forMs, () => this.#network.heal(act.a, act.b));
      case 'network':
        this.#network.faults = act.faults;
        return this.#disturb(act.forMs, () => (this.#network.faults = CALM));
      case 'store': {
        const replica = this.#replicas.find((each) => each.name === act.process);
        if (replica !== undefined) replica.faults = act.faults;
        return this.#disturb(act.forMs, () => replica !== undefined && (replica.faults = STORE_CALM), act.process);
      }
      case 'jump':
        this.#process(act.process).skewMs += act.byMs;
    }
  }

  /** `of`: a process that is down or has no store meanwhile; when that is a control plane, others may have to notice. */
  #disturb(forMs: number, end: () => void, of = ''): void {
    const slows = this.#replicas.some((each) => each.name === of);
    if (slows) this.#disturbances += 1;
    this.#system.scheduler.after(forMs, () => {
      if (slows) this.#disturbances -= 1;
      if (!this.#healed) end();
    });
  }

  #process(name: string): ReplicaProcess | AgentProcess {
    const found = [...this.#replicas, ...this.#agents].find((each) => each.name === name);
    if (found === undefined) throw new Error(`no process ${name}`);
    return found;
  }

  #revive(name: string): void {
    const process = this.#process(name);
    process.crashAt = null;
    void process.start();
  }

  #heal(): void {
    this.#healed = true;
    this.#history.note('act', 'everything is well again');
    this.#network.heal();
    this.#network.faults = CALM;
    for (const replica of this.#replicas) replica.faults = STORE_CALM;
    for (const { name } of [...this.#replicas, ...this.#agents]) this.#revive(name);
  }
}

function nameOf(act: Act): string {
  const words = Object.entries(act).map(([name, value]) => {
    if (name === 'at') return null;
    if (name === 'plan') return (value as { readonly executionId: string }).executionId;
    return typeof value === 'object' ? JSON.stringify(value) : String(value);
  });
  return words.filter((word) => word !== null).join(' ');
}
