/** An agent of the simulation: the real agent core on a disk that outlives its processes. */
import { Agent } from '@fairlead/agent/agent.ts';
import type { Platform } from '@fairlead/agent/platforms/platform.ts';
import type { AppendFile } from '@fairlead/agent/ports/append-file.ts';
import { SILENT } from '@fairlead/agent/ports/logger.ts';
import type { Workshop } from '@fairlead/agent/ports/workshop.ts';
import type { Json, JsonObject } from '@fairlead/proto/model/json.ts';
import { NO_CRASH } from '@fairlead/proto/model/crash-points.ts';
import type { VirtualProcess, VirtualSystem } from '../support/virtual-system.ts';
import { MemoryDisk, memorySpool, workshopOf } from '../support/agent-fakes.ts';
import type { History } from './history.ts';
import type { LinkWorld } from './link-world.ts';
import type { TargetWorld } from './target-world.ts';

/** Whatever starts processes starts it again so long after its ledger was lost. */
const RESTART_MS = 1_000;

/** Newest first. */
const BUILDS: Json = ['2', '1'].map((build) => ({
  build,
  fileName: `web-${build}.tgz`,
  location: `/builds/web-${build}.tgz`,
  sha256: null,
  metadata: {},
}));

export class AgentProcess {
  readonly name: string;
  readonly id: string;
  readonly #system: VirtualSystem;
  readonly #targets: TargetWorld;
  readonly #links: LinkWorld;
  readonly #history: History;
  readonly #selectors: readonly string[];
  readonly #disk = new MemoryDisk();
  #agent: Agent | null = null;
  #process: VirtualProcess | null = null;
  #incarnation = 0;
  /** Awaits on the disk so far, and at which of them the process dies. */
  #awaits = 0;
  crashAt: number | null = null;
  /** How far its wall clock is off. Milliseconds. */
  skewMs = 0;

  constructor(
    name: string,
    system: VirtualSystem,
    targets: TargetWorld,
    links: LinkWorld,
    history: History,
    selectors: readonly string[] = [],
  ) {
    this.name = name;
    this.#selectors = selectors;
    this.id = `a-${name}`;
    this.#system = system;
    this.#targets = targets;
    this.#links = links;
    this.#history = history;
  }

  get alive(): boolean {
    return this.#process !== null;
  }

  get awaits(): number {
    return this.#awaits;
  }

  get incarnation(): number {
    return this.#incarnation;
  }

  /** The running process, once it has read its ledger. */
  get agent(): Agent | null {
    return this.#agent;
  }

  async start(): Promise<void> {
    if (this.#process !== null) return;
    this.#incarnation += 1;
    const spawned = this.#system.spawn(`${this.name}.${this.#incarnation}`);
    const { clock } = spawned;
    const process = { ...spawned, clock: { ...clock, now: () => Math.floor(clock.now() + this.skewMs) } };
    this.#process = process;
    this.#history.note('agent', `${this.name} starts`);
    const alive = (): boolean => this.#process === process;
    const agent = await Agent.open({
      identity: { agentId: this.id, version: '0', hostname: this.name },
      selectors: this.#selectors,
      capacity: 3,
      system: process,
      link: this.#links.link({ name: this.name, agentId: this.id, process, alive }),
      file: this.#file(alive),
      spool: memorySpool(),
      workshop: this.#workshop(process),
      logger: SILENT,
      crash: NO_CRASH,
    });
    if (!alive()) return;
    this.#agent = agent;
    const end = await agent.run();
    if (!alive()) return;
    this.#history.note('agent', `${this.name} ends: ${end.end}`);
    this.kill();
    this.#system.scheduler.after(RESTART_MS, () => void this.start());
  }

  /** As kill -9: timers gone, streams cut, nothing of it ever goes on. What it started at targets does. */
  kill(): void {
    if (this.#process === null) return;
    this.#history.note('agent', `${this.name} dies`);
    this.#process.kill();
    this.#process = null;
    this.#agent = null;
    this.#links.cut(this.name);
  }

  /** A new disk: the ledger is gone. */
  wipe(): void {
    this.kill();
    this.#disk.bytes = new Uint8Array(0);
  }

  #file(alive: () => boolean): AppendFile {
    const file = this.#disk.file();
    const through = async <T>(work: () => Promise<T>, torn: () => void): Promise<T> => {
      if (!alive()) return new Promise<T>(() => {});
      if (this.#diesNow()) torn();
      if (!alive()) return new Promise<T>(() => {});
      const value = await work();
      await this.#system.scheduler.sleep(0.3);
      if (alive()) this.#diesNow();
      return alive() ? value : new Promise<T>(() => {});
    };
    return {
      read: () =>
        through(
          () => file.read(),
          () => {},
        ),
      append: (bytes) =>
        through(
          () => file.append(bytes),
          () => this.#tear(bytes),
        ),
      replace: (bytes) =>
        through(
          () => file.replace(bytes),
          () => {},
        ),
      close: () => file.close(),
    };
  }

  /** A crash may leave any prefix of the last append. */
  #tear(bytes: Uint8Array): void {
    const kept = bytes.slice(0, Math.floor(((this.#awaits * 7) % 11) * 0.1 * bytes.length));
    const before = this.#disk.bytes;
    const torn = new Uint8Array(before.length + kept.length);
    torn.set(before);
    torn.set(kept, before.length);
    this.#disk.bytes = torn;
  }

  #diesNow(): boolean {
    this.#awaits += 1;
    if (this.crashAt === null || this.#awaits < this.crashAt) return false;
    this.crashAt = null;
    this.#history.note('crash', `${this.name} at the disk`);
    this.kill();
    return true;
  }

  #workshop(process: VirtualProcess): Workshop {
    const targets = this.#targets;
    const platform: Platform = {
      name: 'simulated',
      types: ['SHELL_SCRIPT', 'COMMAND'],
      run: ({ task, id, signal, resumed }) =>
        targets.work(task.target?.name ?? this.name, id, signal, { agent: this.id, resumed, process }),
      close: () => Promise.resolve(),
    };
    const probe = ({ attemptId, target }: JsonObject): Promise<Json> =>
      targets.probe((target as { readonly name: string }).name, String(attemptId));
    return { ...workshopOf(platform), queries: { probe, artifactVersions: () => Promise.resolve(BUILDS) } };
  }
}
