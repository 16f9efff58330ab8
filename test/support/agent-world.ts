import { Agent, type AgentEnd, type AgentParts } from '@fairlead/agent/agent.ts';
import { SILENT } from '@fairlead/agent/ports/logger.ts';
import type { Clock } from '@fairlead/proto/model/system.ts';
import { FakeControlPlane, FakePlatform, MemoryDisk, memorySpool, NO_CRASH, workshopOf } from './agent-fakes.ts';
import { VirtualSystem, type VirtualProcess } from './virtual-system.ts';

/** One agent in a world of its own: its disk outlives its processes. */
export class AgentWorld {
  readonly system: VirtualSystem;
  readonly disk = new MemoryDisk();
  readonly control = new FakeControlPlane();
  platform = new FakePlatform();
  /** What is different with the clock of every process from now on. */
  clock: Partial<Clock> = {};
  /** Set: does the work of every process' platform. */
  work: FakePlatform['work'] = null;
  process: VirtualProcess;
  ended: AgentEnd | null = null;
  #agent: Agent | null = null;
  #started = 0;
  #dead = false;

  constructor(seed = 1) {
    this.system = new VirtualSystem(seed);
    this.process = this.system.spawn('agent0');
  }

  get agent(): Agent {
    if (this.#agent === null) throw new Error('the agent is not started');
    return this.#agent;
  }

  /** Starts a process of the agent on its disk, connected unless the control plane refuses. */
  async start(
    more: Partial<AgentParts> & { readonly secrets?: Readonly<Record<string, string>> } = {},
  ): Promise<Agent> {
    const { secrets = {}, ...parts } = more;
    this.#started += 1;
    this.#dead = false;
    const incarnation = this.#started;
    this.process = this.system.spawn(`agent${this.#started}`);
    this.platform = new FakePlatform();
    this.platform.work = this.work;
    this.ended = null;
    const agent = await Agent.open({
      identity: { agentId: 'a1', version: '0', hostname: 'here' },
      selectors: [],
      capacity: 2,
      system: { ...this.process, clock: { ...this.process.clock, ...this.clock } },
      link: this.control,
      file: this.disk.file(() => this.#started === incarnation && !this.#dead),
      spool: memorySpool(),
      workshop: workshopOf(this.platform, secrets),
      logger: SILENT,
      crash: NO_CRASH,
      ...parts,
    });
    this.#agent = agent;
    void agent.run().then((end) => (this.ended = end));
    await this.system.settle();
    return agent;
  }

  /** The process dies as by kill -9: its timers are gone and the link says nothing more to it. */
  async kill(): Promise<void> {
    this.die();
    await this.system.settle();
  }

  /** As `kill`, from within: nothing that its code still does has an effect. */
  die(): void {
    this.#dead = true;
    this.process.kill();
    this.control.die();
  }

  state(attemptId: string): string | undefined {
    return this.agent.ledger.entry(attemptId)?.state;
  }

  ran(): readonly string[] {
    return this.platform.attempts.map(({ id }) => id);
  }
}
