/** A control plane as the product wires it (store, bus, replica, agents' door), driven by a bench instead of by HTTP. */
import { NO_CRASH } from '@fairlead/proto/model/crash-points.ts';
import { LocalBus } from '../../control-plane/adapters/local/bus.ts';
import { NatsBus } from '../../control-plane/adapters/nats/bus.ts';
import { openSqliteStore } from '../../control-plane/adapters/sqlite/store.ts';
import { systemDigest } from '../../control-plane/adapters/system/digest.ts';
import { realSystem } from '../../control-plane/adapters/system/index.ts';
import { startAgentServer } from '../../control-plane/api/grpc/server.ts';
import { ENGINE } from '../../control-plane/app/engine.ts';
import { Replica } from '../../control-plane/app/replica.ts';
import type { Plan } from '../../control-plane/engine/plan.ts';
import { countingStore, noWrites, type Writes } from './counting-store.ts';
import { anybody, lists, oneEach, processor, watchPauses } from './fleet.ts';
import { serveCalls } from './program.ts';
import { chainPlan, chainSteps } from './steps-plan.ts';

const HEARTBEAT_MS = 5_000;
const LOST_MS = 60_000;

export interface Opening {
  readonly directory: string;
  /** Null: in process, requests down the agents' own streams. */
  readonly natsUrl: string | null;
  /** For agents, when it has to be the same as before; any free one otherwise. */
  readonly port?: number;
}

export interface Throughput {
  readonly steps: number;
  /** Also those of what was begun by then and ended later. */
  readonly allSteps: number;
  readonly seconds: number;
  readonly writes: Writes;
  readonly cpuSeconds: number;
}

const logger = {
  debug() {},
  info() {},
  warn: (data: object, message: string) => console.error(message, data),
  error: (data: object, message: string) => console.error(message, data),
};

async function open({ directory, natsUrl, port = 0 }: Opening) {
  const writes = noWrites();
  const stored = await openSqliteStore({ directory });
  const store = countingStore(stored, writes);
  const bus =
    natsUrl === null
      ? new LocalBus(realSystem.scheduler)
      : new NatsBus({ url: natsUrl, name: 'bench', logger, scheduler: realSystem.scheduler });
  if (bus instanceof NatsBus) await bus.connected;
  const replica = new Replica({
    store,
    bus,
    crash: NO_CRASH,
    system: realSystem,
    digest: systemDigest,
    engine: ENGINE,
    alone: true,
    agentLostMs: LOST_MS,
    gateway: {
      leaseMs: LOST_MS / 2,
      heartbeatMs: HEARTBEAT_MS,
      bus: natsUrl === null ? { kind: 'STREAM' } : { kind: 'NATS', url: natsUrl },
    },
    onError: (error) => console.error('control plane', error),
    onBroken: (id, reason) => console.error('broken', id, reason),
  });
  const server = await startAgentServer(
    { host: '127.0.0.1', port },
    { gateway: replica.gateway, bus, system: realSystem, crash: NO_CRASH, logger },
  );
  await replica.start();
  const close = async (): Promise<void> => {
    await server.close();
    await replica.stop();
    await bus.close();
    await store.close();
  };
  return { replica, server, writes, close };
}

type Opened = Awaited<ReturnType<typeof open>>;

class Driver {
  readonly #opened: Opened;
  readonly #ended = new Map<string, () => void>();
  /** Set: told of every attempt that ended and stands in the journal. */
  onStep: () => void = () => {};
  /** Ended since the start. */
  steps = 0;
  #count = 0;

  constructor(opened: Opened) {
    this.#opened = opened;
    opened.replica.publisher.follow((execution, _seq, decisions) => {
      for (const { events } of decisions) {
        for (const event of events) if (event.event === 'AttemptEnded') this.#stepEnded();
      }
      if (execution.endedAt === null) return;
      if (execution.status !== 'SUCCESS') throw new Error(`${execution.id} ended as ${execution.status}`);
      this.#ended.get(execution.id)?.();
      this.#ended.delete(execution.id);
    });
  }

  #stepEnded(): void {
    this.steps += 1;
    this.onStep();
  }

  async run(make: (id: string) => Plan): Promise<void> {
    this.#count += 1;
    const plan = make(`x${process.pid}n${this.#count}`);
    const ended = new Promise<void>((resolve) => this.#ended.set(plan.executionId, resolve));
    await this.#opened.replica.drivers.start(plan);
    await ended;
  }

  /** So many executions at a time, one after the other in each place, for so long; counts the steps that ended. */
  async throughput({ inFlight, phases, ms }: { inFlight: number; phases: number; ms: number }): Promise<Throughput> {
    let steps = 0;
    const stepsBefore = this.steps;
    this.onStep = () => void (steps += 1);
    let over = false;
    const places = Array.from({ length: inFlight }, async () => {
      while (!over) await this.run((id) => chainPlan(id, phases));
    });
    const { writes } = this.#opened;
    const before = { ...writes };
    const cpu = process.cpuUsage();
    const began = performance.now();
    await realSystem.scheduler.sleep(ms);
    const seconds = (performance.now() - began) / 1_000;
    const counted = steps;
    const used = process.cpuUsage(cpu);
    const written = Object.fromEntries(
      Object.entries(writes).map(([name, count]) => [name, count - before[name as keyof Writes]]),
    ) as unknown as Writes; // The same keys.
    over = true;
    await Promise.all(places);
    this.onStep = () => {};
    const allSteps = this.steps - stepsBefore;
    return { steps: counted, allSteps, seconds, writes: written, cpuSeconds: (used.user + used.system) / 1e6 };
  }

  /** Times between the ends of steps of one execution that runs alone. Milliseconds. */
  async alone({ phases }: { phases: number }): Promise<readonly number[]> {
    const times: number[] = [];
    let last: number | null = null;
    this.onStep = () => {
      const now = performance.now();
      if (last !== null) times.push(now - last);
      last = now;
    };
    await this.run((id) => chainPlan(id, phases));
    this.onStep = () => {};
    if (times.length !== chainSteps(phases) - 1) throw new Error(`${times.length + 1} steps ended`);
    return times;
  }
}

export function serve(): void {
  let opened: Opened | null = null;
  let driver: Driver | null = null;
  const driven = (): Driver => {
    if (driver === null) throw new Error('it is not open');
    return driver;
  };
  serveCalls(
    {
      async open(options: Opening) {
        opened = await open(options);
        driver = new Driver(opened);
        const joining = options.port === undefined ? await opened.replica.registry.createToken('bench') : '';
        return { port: opened.server.port, token: joining };
      },
      /** Resolves when so many agents have a session. */
      async agents(count: number) {
        while (opened !== null && opened.server.sessions < count) await realSystem.scheduler.sleep(5);
      },
      steps: () => driven().steps,
      throughput: (options: Parameters<Driver['throughput']>[0]) => driven().throughput(options),
      oneEach: (count: number) => oneEach((make) => driven().run(make), count),
      anybody: (tasks: number) => anybody((make) => driven().run(make), tasks),
      lists: (count: number) => (opened === null ? [] : lists(opened.replica, count)),
      processor,
      longestPause: watchPauses(),
      alone: (options: Parameters<Driver['alone']>[0]) => driven().alone(options),
    },
    async () => opened?.close(),
  );
}
