/** One replica on a store of its own, agents played by answering each of its commands; and stores filled with rows. */
import { NO_CRASH } from '@fairlead/proto/model/crash-points.ts';
import type { Status } from '@fairlead/proto/model/status.ts';
import { LocalBus } from '../../control-plane/adapters/local/bus.ts';
import { openMongoStore } from '../../control-plane/adapters/mongo/store.ts';
import { openSqliteStore } from '../../control-plane/adapters/sqlite/store.ts';
import { systemDigest } from '../../control-plane/adapters/system/digest.ts';
import { realSystem } from '../../control-plane/adapters/system/index.ts';
import { ENGINE } from '../../control-plane/app/engine.ts';
import { Replica } from '../../control-plane/app/replica.ts';
import type { Plan } from '../../control-plane/engine/plan.ts';
import { openAttempts } from '../../control-plane/engine/open-attempts.ts';
import type { ExecutionFilter } from '../../control-plane/ports/rows.ts';
import type { Store } from '../../control-plane/ports/store.ts';
import { callsOf, noCalls } from './counting-calls.ts';
import { fillExecutions, pagesOf } from './list-rows.ts';
import { serveHttp } from './http-lists.ts';
import { serveCalls } from './program.ts';
import type { Waited, Worked } from './scale.ts';
import { chainPlan } from './steps-plan.ts';

/** As many as may wait for a lock unless somebody says otherwise. */
const QUEUE = 20;
const PHASES = 10;

const sleep = (ms: number): Promise<void> => realSystem.scheduler.sleep(ms);
const rssMb = (): number => process.memoryUsage().rss / 1_048_576;

async function open(directory: string) {
  const calls = noCalls();
  const store = callsOf(await openSqliteStore({ directory }), calls);
  const bus = new LocalBus(realSystem.scheduler);
  const replica = new Replica({
    store,
    bus,
    crash: NO_CRASH,
    system: realSystem,
    digest: systemDigest,
    engine: ENGINE,
    alone: true,
    agentLostMs: 3_600_000,
    gateway: { leaseMs: 60_000, heartbeatMs: 20_000, bus: { kind: 'STREAM' } },
    onError: (error) => console.error('control plane', error),
    onBroken: (id, reason) => console.error('broken', id, reason),
  });
  await replica.start();
  return { store, bus, replica, calls };
}

type Opened = Awaited<ReturnType<typeof open>>;

const lockStates = ({ replica }: Opened): readonly (string | undefined)[] =>
  [...replica.drivers.driven].map(([, loop]) => loop.at.execution?.runs[0]?.lock?.state);
const countWaiting = (opened: Opened): number => lockStates(opened).filter((state) => state === 'QUEUED').length;

function lockedPlan(id: string, key: string): Plan {
  const plan = chainPlan(id, PHASES);
  const lock = { keys: [key], queueLimit: QUEUE, timeoutMs: 3_600_000 };
  return {
    ...plan,
    stages: plan.stages.map((stage) => ({ ...stage, runs: stage.runs.map((run) => ({ ...run, lock })) })),
  };
}

/** Holders whose step runs and says nothing, and behind each a full queue. */
async function wait(opened: Opened, { waiting, seconds }: { waiting: number; seconds: number }): Promise<Waited> {
  const { replica, calls } = opened;
  for (let key = 0; key < waiting / QUEUE; key += 1) {
    for (let place = 0; place <= QUEUE; place += 1)
      await replica.drivers.start(lockedPlan(`xk${key}n${place}`, `k${key}`));
  }
  while (countWaiting(opened) < waiting) await sleep(100);
  // Whatever is still written about their start.
  await sleep(3_000);
  Object.assign(calls, noCalls());
  const cpu = process.cpuUsage();
  await sleep(seconds * 1_000);
  const { user, system } = process.cpuUsage(cpu);
  const counted = { writes: calls.writes, reads: calls.reads };
  const cpuPercent = (user + system) / 10_000 / seconds;
  return { waiting: countWaiting(opened), active: 0, seconds, ...counted, cpuPercent, rssMb: rssMb() };
}

/** So many executions that always have a step to do, each step reported at once. */
async function work(opened: Opened, { active, ...given }: { active: number; seconds: number }): Promise<Worked> {
  const { replica } = opened;
  const began = performance.now();
  const until = began + given.seconds * 1_000;
  let steps = 0;
  let greatest = 0;
  const play = async (_: unknown, player: number): Promise<void> => {
    for (let round = 0; performance.now() < until; round += 1) {
      const id = `xw${player}r${round}`;
      await replica.drivers.start(chainPlan(id, PHASES));
      while (performance.now() < until) {
        const attempt = replica.drivers.loop(id)?.at.execution?.runs.flatMap(openAttempts)[0];
        if (attempt === undefined) break;
        const attemptId = attempt.id;
        await replica.drivers.give(id, {
          input: 'agentChosen',
          attemptId,
          agentId: 'a1',
          ledgerId: 'l1',
          sessionId: 's1',
        });
        await replica.drivers.give(id, { input: 'starting', attemptId, agentId: 'a1', assignment: 1 });
        await replica.drivers.give(id, { input: 'finished', attemptId, result: { outcome: 'SUCCESS', touched: true } });
        steps += 1;
        if (steps % 500 === 0) greatest = Math.max(greatest, rssMb());
      }
    }
  };
  await Promise.all(Array.from({ length: active }, play));
  const seconds = (performance.now() - began) / 1_000;
  return { active, waiting: countWaiting(opened), steps, seconds, rssMb: Math.max(greatest, rssMb()) };
}

export function serve(): void {
  let opened: Opened | null = null;
  let store: Store | null = null;
  let http: Awaited<ReturnType<typeof serveHttp>> | null = null;
  const replica = (): Opened => {
    if (opened === null) throw new Error('it is not open');
    return opened;
  };
  const rows = (): Store['rows'] => {
    if (store === null) throw new Error('no store is open');
    return store.rows;
  };
  serveCalls(
    {
      async open({ directory }: { directory: string }) {
        opened = await open(directory);
      },
      /** A store alone, with nobody beside who uses it. */
      async openStore(options: { directory: string } | { url: string }) {
        store =
          'url' in options
            ? await openMongoStore({ url: options.url, database: 'fairlead-bench' })
            : await openSqliteStore({ directory: options.directory });
      },
      /** Over HTTP, what was written to a store in this data directory. */
      async serve({ directory }: { directory: string }) {
        await store?.close();
        store = null;
        http = await serveHttp(directory);
        return { url: http.url, key: http.key };
      },
      processor: () => (process.cpuUsage().user + process.cpuUsage().system) / 1_000,
      wait: (options: { waiting: number; seconds: number }) => wait(replica(), options),
      work: (options: { active: number; seconds: number }) => work(replica(), options),
      fill: (count: number) => fillExecutions(rows(), count, RARE),
      list: ({ filter, count }: { filter: ExecutionFilter; count: number }) => pagesOf(rows(), filter, count),
    },
    async () => {
      await http?.close();
      await opened?.replica.stop();
      await opened?.bus.close();
      await opened?.store.close();
      await store?.close();
    },
  );
}

/** One of so many is of that status. */
const RARE: readonly (readonly [number, Status])[] = [
  [20_011, 'REJECTED'],
  [50_021, 'BROKEN'],
];
