/**
 * Durable steps a second, and the latency of one: real replica on SQLite, real gRPC and NATS, a real agent with its ledger
 * on disk. A step is a distinct task of an agent, with a few lines of log; its platform is done at once.
 */
import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import { aptProgram } from '../support/real/install.ts';
import { startNats } from '../support/real/nats.ts';
import { temporaryDirectory } from '../support/real/processes.ts';
import type { Work } from './baseline.ts';
import type { Throughput } from './control-plane-program.ts';
import { measure, median, percentile, type Measure } from './measure.ts';
import { startProgram, type Program } from './program.ts';
import type { BenchOptions } from './run.ts';
import { chainSteps } from './steps-plan.ts';

const IN_FLIGHT = 50;
/** Phases of each execution; 20 steps in each. */
const PHASES = 2;

interface Stage {
  readonly controlPlane: Program;
  readonly agent: Program;
  stop(): Promise<void>;
}

async function openProduct(root: string, natsUrl: string | null): Promise<Stage> {
  const controlPlane = await startProgram('control-plane');
  const agent = await startProgram('agent');
  const directory = join(root, 'store');
  const { port, token } = await controlPlane.call<{ port: number; token: string }>('open', { directory, natsUrl });
  const place = { directory: join(root, 'agent'), port, token };
  await agent.call('start', { ...place, name: 'bench', capacity: 2 * IN_FLIGHT, selectors: [] });
  await controlPlane.call('agents', 1);
  return {
    controlPlane,
    agent,
    async stop() {
      await agent.stop();
      await controlPlane.stop();
    },
  };
}

async function openBaseline(root: string, natsUrl: string, work: Work): Promise<Stage> {
  const controlPlane = await startProgram('baseline-server');
  const agent = await startProgram('baseline-agent');
  const directory = join(root, 'baseline');
  mkdirSync(directory);
  const { port } = await controlPlane.call<{ port: number }>('open', { directory, natsUrl });
  await agent.call('open', { directory, natsUrl, port, work });
  return {
    controlPlane,
    agent,
    async stop() {
      await agent.stop();
      await controlPlane.stop();
    },
  };
}

interface Ledger {
  readonly writes: number;
  readonly bytes: number;
}

/** What a step costs in writes, from a stretch of the product's own run. */
function workOf({ steps, writes }: Throughput, ledger: Ledger): Work {
  const each = (bytes: number, count: number): number => Math.round(bytes / Math.max(1, count));
  return {
    appends: Math.round(writes.appends / steps),
    appendBytes: each(writes.appendBytes, writes.appends),
    rows: (writes.rows + writes.others) / steps,
    rowBytes: each(writes.rowBytes, writes.rows),
    logs: writes.logChunks / steps,
    logBytes: each(writes.logBytes, writes.logChunks),
    ledgerWrites: Math.round(ledger.writes / steps),
    ledgerBytes: each(ledger.bytes, ledger.writes),
    offerBytes: 1_000,
  };
}

export async function dispatch({ quick, tell }: BenchOptions): Promise<readonly Measure[]> {
  const root = temporaryDirectory('bench');
  const nats = await startNats(await aptProgram('nats-server', 'nats-server'));
  const product = await openProduct(root, nats.url);
  const ms = quick ? 1_500 : 6_000;
  const rounds = quick ? 1 : 4;
  try {
    const stretch = { inFlight: IN_FLIGHT, phases: PHASES, ms };
    tell('warming up, and counting what a step writes');
    await product.controlPlane.call('throughput', { ...stretch, phases: 1, ms: 1_000 });
    const before = await product.agent.call<Ledger>('ledger');
    const steps = await product.controlPlane.call<number>('steps');
    const warm = await product.controlPlane.call<Throughput>('throughput', stretch);
    const after = await product.agent.call<Ledger>('ledger');
    const all = (await product.controlPlane.call<number>('steps')) - steps;
    const ledger = {
      writes: ((after.writes - before.writes) * warm.steps) / all,
      bytes: ((after.bytes - before.bytes) * warm.steps) / all,
    };
    const work = workOf(warm, ledger);
    tell(`a step writes ${JSON.stringify(work)}`);
    const baseline = await openBaseline(root, nats.url, work);
    try {
      return await compare(product, baseline, { work, rounds, stretch, tell, quick });
    } finally {
      await baseline.stop();
    }
  } finally {
    await product.stop();
    await nats.stop();
  }
}

interface Stretch extends Throughput {
  /** Of processor time, each step took of the control plane and of the agent. Milliseconds. */
  readonly each: { readonly controlPlane: number; readonly agent: number };
}

async function stretchOf(stage: Stage, options: object): Promise<Stretch> {
  const used = async (): Promise<number> => {
    const { user, system } = await stage.agent.call<NodeJS.CpuUsage>('cpu');
    return (user + system) / 1_000;
  };
  const before = await used();
  const given = await stage.controlPlane.call<Throughput>('throughput', options);
  const agent = ((await used()) - before) / given.allSteps;
  return { ...given, each: { controlPlane: (given.cpuSeconds * 1_000) / given.steps, agent } };
}

interface Comparison {
  readonly work: Work;
  readonly rounds: number;
  readonly stretch: { readonly inFlight: number; readonly phases: number; readonly ms: number };
  readonly quick: boolean;
  tell(line: string): void;
}

async function compare(
  product: Stage,
  baseline: Stage,
  { work, rounds, stretch, quick, tell }: Comparison,
): Promise<readonly Measure[]> {
  const ours: number[] = [];
  const theirs: number[] = [];
  const alone: number[] = [];
  const baselineAlone: number[] = [];
  const cpu: Stretch['each'][] = [];
  const baselineCpu: Stretch['each'][] = [];
  const phases = quick ? 1 : PHASES;
  await baseline.controlPlane.call('throughput', { inFlight: IN_FLIGHT, ms: 1_000, work });
  for (let round = 1; round <= rounds; round += 1) {
    const bare = await stretchOf(baseline, { inFlight: IN_FLIGHT, ms: stretch.ms, work });
    const full = await stretchOf(product, stretch);
    ours.push(full.steps / full.seconds);
    theirs.push(bare.steps / bare.seconds);
    cpu.push(full.each);
    baselineCpu.push(bare.each);
    alone.push(...(await product.controlPlane.call<readonly number[]>('alone', { phases })));
    const steps = chainSteps(phases);
    baselineAlone.push(...(await baseline.controlPlane.call<readonly number[]>('alone', { steps, work })));
    tell(`round ${round}: ${Math.round(ours.at(-1) ?? 0)} steps/s, baseline ${Math.round(theirs.at(-1) ?? 0)}`);
  }
  const part = async (of: Program, name: string): Promise<number> =>
    percentile(await of.call<readonly number[]>(name, quick ? 50 : 500), 50);
  return [
    measure('steps at 50 in flight', median(ours), 'steps/s', null, { atLeast: 1_000 }),
    measure('steps at 50 in flight, to the baseline', median(ours), 'steps/s', median(theirs), {
      atLeast: 0.5,
      ofRatio: true,
    }),
    measure('best round', Math.max(...ours), 'steps/s', Math.max(...theirs)),
    ...(['controlPlane', 'agent'] as const).map((process) => {
      const name = process === 'agent' ? 'agent CPU a step' : 'control plane CPU a step';
      const of = (all: readonly Stretch['each'][]): number => median(all.map((each) => each[process]));
      return measure(name, of(cpu), 'ms', of(baselineCpu));
    }),
    measure('step alone p50', percentile(alone, 50), 'ms', percentile(baselineAlone, 50), { atMost: 8 }),
    measure('step alone p99', percentile(alone, 99), 'ms', percentile(baselineAlone, 99)),
    measure('part: store append p50', await part(baseline.controlPlane, 'append'), 'ms'),
    measure('part: NATS request p50', await part(baseline.controlPlane, 'ask'), 'ms'),
    measure('part: ledger sync p50', await part(baseline.agent, 'sync'), 'ms'),
    measure('counted: journal appends a step', work.appends, 'writes'),
    measure('counted: ledger syncs a step', work.ledgerWrites, 'writes'),
    measure('counted: rows a step', work.rows, 'writes'),
    measure('counted: log chunks a step', work.logs, 'writes'),
  ];
}
