/** A replica without agents: the bench answers each command itself, one input at a time, and takes the time of each append. */
import { NO_CRASH } from '@fairlead/proto/model/crash-points.ts';
import { LocalBus } from '../../control-plane/adapters/local/bus.ts';
import { openSqliteStore } from '../../control-plane/adapters/sqlite/store.ts';
import { systemDigest } from '../../control-plane/adapters/system/digest.ts';
import { realSystem } from '../../control-plane/adapters/system/index.ts';
import { ENGINE, type Engine } from '../../control-plane/app/engine.ts';
import { Replica } from '../../control-plane/app/replica.ts';
import type { Input } from '../../control-plane/engine/inputs.ts';
import { openAttempts } from '../../control-plane/engine/open-attempts.ts';
import type { Store } from '../../control-plane/ports/store.ts';
import { serveCalls } from './program.ts';
import { rollingPlan } from './steps-plan.ts';
import type { Appended } from './wide.ts';

/** The same engine; adds up what it takes. */
function timed(spent: { ms: number }): Engine {
  const timing =
    <A extends readonly unknown[], R>(work: (...args: A) => R) =>
    (...args: A): R => {
      const began = performance.now();
      const answer = work(...args);
      spent.ms += performance.now() - began;
      return answer;
    };
  return {
    decide: timing(ENGINE.decide),
    evolve: timing(ENGINE.evolve),
    wanted: timing(ENGINE.wanted),
    nextDeadline: timing(ENGINE.nextDeadline),
  };
}

async function open(directory: string) {
  const store: Store = await openSqliteStore({ directory });
  const bus = new LocalBus(realSystem.scheduler);
  const spent = { ms: 0 };
  const replica = new Replica({
    store,
    bus,
    crash: NO_CRASH,
    system: realSystem,
    digest: systemDigest,
    engine: timed(spent),
    alone: true,
    agentLostMs: 3_600_000,
    gateway: { leaseMs: 60_000, heartbeatMs: 20_000, bus: { kind: 'STREAM' } },
    onError: (error) => console.error('control plane', error),
    onBroken: (id, reason) => console.error('broken', id, reason),
  });
  await replica.start();
  return { store, bus, replica, spent };
}

type Opened = Awaited<ReturnType<typeof open>>;

let count = 0;

/** Plays one execution to its end. */
async function play({ replica, spent }: Opened, hosts: number, batch: number): Promise<readonly Appended[]> {
  count += 1;
  const id = `x${process.pid}w${count}`;
  await replica.drivers.start(rollingPlan(id, hosts, batch));
  const appended: Appended[] = [];
  let done = 0;
  const give = async (input: Input): Promise<void> => {
    const before = spent.ms;
    const began = performance.now();
    await replica.drivers.give(id, input);
    appended.push({ done, ms: performance.now() - began, engineMs: spent.ms - before });
  };
  for (;;) {
    const execution = replica.drivers.loop(id)?.at.execution;
    if (execution == null) throw new Error('it is not driven here');
    const open = execution.runs.flatMap(openAttempts);
    if (open.length === 0) {
      if (execution.status !== 'SUCCESS') throw new Error(`it ended as ${execution.status}`);
      return appended;
    }
    for (const { id: attemptId } of open) {
      await give({ input: 'agentChosen', attemptId, agentId: 'a1', ledgerId: 'l1', sessionId: 's1' });
      await give({ input: 'starting', attemptId, agentId: 'a1', assignment: 1 });
      done += 1;
      await give({ input: 'finished', attemptId, result: { outcome: 'SUCCESS', touched: true } });
    }
  }
}

export function serve(): void {
  let opened: Opened | null = null;
  serveCalls(
    {
      async open(directory: string) {
        opened = await open(directory);
      },
      run({ hosts, batch }: { hosts: number; batch: number }) {
        if (opened === null) throw new Error('it is not open');
        return play(opened, hosts, batch);
      },
    },
    async () => {
      await opened?.replica.stop();
      await opened?.bus.close();
      await opened?.store.close();
    },
  );
}
