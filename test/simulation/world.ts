/** One seed played to its end: control planes, agents, hosts, people, and everything that goes wrong. */
import { createMemoryData } from '../support/memory-store/index.ts';
import { VirtualSystem } from '../support/virtual-system.ts';
import { ACTIONS, deploymentOf, rejectionOf, startOf, type ActionName } from './actions.ts';
import { Ambushes } from './ambush.ts';
import { cellOf, statusesOf } from './cells.ts';
import { AgentProcess } from './agent-process.ts';
import { impulse, lastWord, LOOK_MS as GLANCE_MS } from './bystanders.ts';
import { Checker, type Violation } from './checker.ts';
import { applyTo } from './definitions.ts';
import { AGENTS, REPLICAS, SELECTORS } from './faults.ts';
import { History } from './history.ts';
import { END_INVARIANTS } from './invariants/end.ts';
import { LinkWorld } from './link-world.ts';
import { Network } from './network.ts';
import { People } from './people.ts';
import { ReplicaProcess } from './replica-process.ts';
import { scenarioOf, type Act, type Scenario } from './scenario.ts';
import { statisticsOf, type Statistics } from './statistics.ts';
import { TargetWorld } from './target-world.ts';
import { Watcher } from './watcher.ts';
import { Trouble } from './trouble.ts';

/** Far beyond every deadline: what has not come to rest by then after everything is well again never will. */
const REST_MS = 420_000;
/** For what follows the last append: heads, ledgers, memory. */
const TIDY_MS = 30_000;
/** For whoever asks again and again when everything is well. */
const ANSWER_MS = 60_000;
const ANSWERS: readonly ActionName[] = ['approve', 'intervene', 'give inputs'];
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
  readonly #data = createMemoryData();
  readonly #replicas: readonly ReplicaProcess[];
  readonly #agents: readonly AgentProcess[];
  readonly #trouble: Trouble;
  readonly #checker: Checker;
  readonly #people: People;
  readonly #ambushes: Ambushes;
  readonly #watchers: readonly Watcher[];
  readonly #cells = new Map<string, number>();
  /** Acts that are still to come. */
  #pending: number;
  /** Executions that were asked for. */
  readonly #asked = new Set<string>();
  #steps = 0;
  #healedAt: number | null = null;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#pending = scenario.acts.length;
    const system = new VirtualSystem(scenario.seed);
    const history = new History(() => system.elapsed);
    const network = new Network(system, history);
    const links = new LinkWorld(system, network, () => this.#replicas);
    const targets = new TargetWorld(system, history);
    targets.behave = scenario.behave;
    applyTo(this.#data);
    this.#system = system;
    this.#history = history;
    const trouble = new Trouble({
      system,
      history,
      network,
      replicas: () => this.#replicas,
      agents: () => this.#agents,
    });
    this.#trouble = trouble;
    this.#checker = new Checker({
      data: this.#data,
      targets,
      history,
      replicas: () => this.#replicas,
      elapsed: () => system.elapsed,
      mayBreak: (executionId) => trouble.everBuggy.has(executionId),
      appended: (execution, seq) => {
        for (const watcher of this.#watchers) watcher.appended(execution, seq);
        this.#ambushes.appended(execution);
      },
      watchers: () => this.#watchers,
    });
    network.onRequest = (from, subject, payload) => this.#checker.onRequest(from, subject, payload);
    links.onRequest = this.#checker.onAsked;
    const parts = { system, network, data: this.#data, engine: trouble.engine, history, links: () => links };
    const onStore = (call: string): void => this.#checker.onStore(call);
    this.#replicas = REPLICAS.map((name) => new ReplicaProcess(name, { ...parts, onStore }));
    this.#agents = AGENTS.map((name) => new AgentProcess(name, system, targets, links, history, SELECTORS[name]));
    this.#people = new People(system, this.#replicas, history, (text) => this.bug(text));
    this.#watchers = scenario.ambushes.map(
      ({ executionId }) =>
        new Watcher(executionId, system, this.#replicas, (finding) =>
          this.#checker.found('live-feed-gap-free', finding),
        ),
    );
    this.#ambushes = new Ambushes(scenario.ambushes, this.#people.dice, {
      begin: (fault) => trouble.begin(fault),
      act: (executionId, action) => this.#act(executionId, action),
      reject: (execution) => void this.#people.ask(`reject ${execution.id}`, rejectionOf(execution)),
      soon: (task) => void system.scheduler.after(0, task),
    });
  }

  bug(error: unknown): void {
    this.#checker.found('no-bug-is-thrown', error instanceof Error ? (error.stack ?? error.message) : String(error));
  }

  get outcome(): Outcome {
    const { seed } = this.#scenario;
    const statistics = statisticsOf({
      executions: this.#checker.journals.executions,
      lives: this.#checker.lives,
      episodes: this.#trouble.episodes,
      cells: this.#cells,
      steps: this.#steps,
      waited: this.#checker.writes.waited,
      frames: {
        all: this.#watchers.reduce((sum, { frames }) => sum + frames, 0),
        changes: this.#watchers.reduce((sum, { changes }) => sum + changes, 0),
      },
      elapsedMs: this.#system.elapsed,
    });
    return { seed, violation: this.#checker.violations[0] ?? null, history: this.#history, statistics };
  }

  async run(): Promise<void> {
    const { acts, healAt } = this.#scenario;
    for (const process of [...this.#replicas, ...this.#agents]) void process.start();
    for (const watcher of this.#watchers) watcher.start();
    for (const act of acts) this.#system.scheduler.after(act.at, () => this.#do(act));
    this.#system.scheduler.after(healAt, () => this.#heal());
    this.#system.scheduler.after(GLANCE_MS, () => this.#glance());
    await this.#system.turns(() => this.#turn());
  }

  /** Looks at what followed from the last step, and makes the next; false when it is over. */
  #turn(): boolean {
    this.#checker.stepped();
    if (this.#checker.violations.length > 0 || this.#isOver()) return false;
    this.#steps += 1;
    if (this.#trouble.slows) this.#checker.disturbed();
    try {
      this.#system.next();
    } catch (error) {
      this.bug(error);
    }
    return true;
  }

  #do(act: Act): void {
    this.#pending -= 1;
    switch (act.act) {
      case 'start':
        this.#asked.add(act.plan.executionId);
        return void this.#people.ask(`start ${act.plan.executionId}`, startOf(act.plan));
      case 'deploy':
        return void this.#people.ask(`deploy ${act.name}`, deploymentOf(act));
      case 'fault':
        return this.#trouble.begin(act.fault);
      case 'person':
        return this.#act(act.executionId, act.does);
    }
  }

  /** Somebody makes up their mind, by what there is to see. */
  #act(executionId: string, does: ActionName): void {
    const execution = this.#checker.journals.execution(executionId);
    if (execution === null) return;
    for (const status of statusesOf(execution)) {
      for (const fault of this.#trouble.now()) {
        const cell = cellOf(status, fault, does);
        this.#cells.set(cell, (this.#cells.get(cell) ?? 0) + 1);
      }
    }
    void this.#people.ask(`${does} ${executionId}`, ACTIONS[does](execution, this.#people.dice));
  }

  #glance(): void {
    this.#system.scheduler.after(GLANCE_MS, () => this.#glance());
    for (const execution of this.#checker.journals.executions) {
      if (execution.settled) continue;
      const does =
        this.#healedAt === null ? impulse(execution, this.#people.dice) : lastWord(execution, this.#data.heads);
      if (does === null) continue;
      this.#act(execution.id, does);
      // Two see the same question, and each answers.
      if (ANSWERS.includes(does) && this.#people.dice.chance(0.4)) this.#act(execution.id, does);
    }
  }

  #heal(): void {
    if (this.#healedAt !== null) return;
    this.#healedAt = this.#system.elapsed;
    this.#trouble.heal();
  }

  /** Whoever asks is answered, if only that it cannot be done: with everything well, soon. */
  #checkAnswers(): void {
    const { elapsed } = this.#system;
    if (this.#healedAt === null || elapsed < this.#healedAt + ANSWER_MS) return;
    const what = this.#people.unanswered(elapsed - ANSWER_MS);
    if (what !== null) this.#checker.found('people-are-answered', `nobody answers "${what}" for ${ANSWER_MS} ms`);
  }

  #lookAt = 0;
  #restedAt: number | null = null;

  /** Over when everything that holds at rest does; a violation when it does not in time. */
  #isOver(): boolean {
    const { elapsed } = this.#system;
    if (elapsed < this.#lookAt) return false;
    this.#lookAt = elapsed + LOOK_MS;
    this.#checkAnswers();
    const { journals } = this.#checker;
    const all = new Set([...this.#asked, ...this.#data.heads.keys()]);
    // Whoever asked for it was refused after all, and nothing of it had begun.
    const isGivenUp = (id: string): boolean =>
      !this.#asked.has(id) && journals.execution(id) === null && this.#data.heads.get(id)?.settled === true;
    const asked = [...all].filter((id) => !isGivenUp(id));
    const settled = this.#people.waiting === 0 && asked.every((id) => journals.execution(id)?.settled === true);
    // Nothing is left that could go wrong for anybody.
    if (settled && this.#pending === 0) this.#heal();
    if (this.#healedAt === null) return false;
    if (settled) this.#restedAt ??= elapsed;
    const limit = this.#restedAt === null ? this.#healedAt + REST_MS : this.#restedAt + TIDY_MS;
    const world = {
      ...this.#checker.observed(),
      replicas: this.#replicas,
      agents: this.#agents,
      asked,
      forced: this.#checker.forced,
      watchers: this.#watchers,
    };
    for (const [name, invariant] of Object.entries(END_INVARIANTS)) {
      const finding = invariant(world);
      if (finding === null) continue;
      if (elapsed > limit) this.#checker.found(name, finding);
      return false;
    }
    return this.#people.waiting === 0;
  }
}
