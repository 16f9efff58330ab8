/** An agent of the simulation: the real agent core on a disk that outlives its processes. */
import { Agent } from '@fairlead/agent/agent.ts';
import type { Platform } from '@fairlead/agent/platforms/platform.ts';
import type { AppendFile } from '@fairlead/agent/ports/append-file.ts';
import { SILENT } from '@fairlead/agent/ports/logger.ts';
import { NO_CRASH } from '@fairlead/proto/model/crash-points.ts';
import type { VirtualProcess, VirtualSystem } from '../support/virtual-system.ts';
import { MemoryDisk, memorySpool, workshopOf } from '../support/agent-fakes.ts';
import type { History } from './history.ts';
import type { LinkWorld } from './link-world.ts';
import type { TargetWorld } from './target-world.ts';

export class AgentProcess {
  readonly name: string;
  readonly id: string;
  readonly #system: VirtualSystem;
  readonly #targets: TargetWorld;
  readonly #links: LinkWorld;
  readonly #history: History;
  readonly #disk = new MemoryDisk();
  #process: VirtualProcess | null = null;
  #incarnation = 0;
  /** Awaits on the disk so far, and at which of them the process dies. */
  #awaits = 0;
  crashAt: number | null = null;

  constructor(name: string, system: VirtualSystem, targets: TargetWorld, links: LinkWorld, history: History) {
    this.name = name;
    this.id = `a-${name}`;
    this.#system = system;
    this.#targets = targets;
    this.#links = links;
    this.#history = history;
  }

  get alive(): boolean {
    return this.#process !== null;
  }

  async start(): Promise<void> {
    if (this.#process !== null) return;
    this.#incarnation += 1;
    const process = this.#system.spawn(`${this.name}.${this.#incarnation}`);
    this.#process = process;
    this.#history.note('agent', `${this.name} starts`);
    const alive = (): boolean => this.#process === process;
    const agent = await Agent.open({
      identity: { agentId: this.id, version: '0', hostname: this.name },
      selectors: [],
      capacity: 4,
      system: process,
      link: this.#links.link(this.name, this.id, process, alive),
      file: this.#file(alive),
      spool: memorySpool(),
      workshop: workshopOf(this.#platform()),
      logger: SILENT,
      crash: NO_CRASH,
    });
    if (alive()) void agent.run();
  }

  /** As kill -9: timers gone, streams cut, nothing of it ever goes on. What it started at targets does. */
  kill(): void {
    if (this.#process === null) return;
    this.#history.note('agent', `${this.name} dies`);
    this.#process.kill();
    this.#process = null;
    this.#links.cut(this.name);
  }

  /** A new disk: the ledger is gone. */
  wipe(): void {
    this.kill();
    this.#disk.bytes = new Uint8Array(0);
  }

  #file(alive: () => boolean): AppendFile {
    const file = this.#disk.file();
    const through = async <T>(work: () => Promise<T>): Promise<T> => {
      this.#passAwait();
      if (!alive()) return new Promise<T>(() => {});
      const value = await work();
      await this.#system.scheduler.sleep(0.3);
      this.#passAwait();
      return alive() ? value : new Promise<T>(() => {});
    };
    return {
      read: () => through(() => file.read()),
      append: (bytes) => through(() => file.append(bytes)),
      replace: (bytes) => through(() => file.replace(bytes)),
      close: () => file.close(),
    };
  }

  #passAwait(): void {
    this.#awaits += 1;
    if (this.crashAt !== null && this.#awaits >= this.crashAt) {
      this.crashAt = null;
      this.kill();
    }
  }

  #platform(): Platform {
    const targets = this.#targets;
    return {
      name: 'simulated',
      types: ['SHELL_SCRIPT', 'COMMAND'],
      run: (attempt) => targets.work(attempt.task.target?.name ?? this.name, attempt.id, attempt.signal),
      close: () => Promise.resolve(),
    };
  }
}
