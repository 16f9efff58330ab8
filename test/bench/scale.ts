/**
 * A big installation: lists over a hundred thousand executions, and a thousand executions that wait beside two hundred that
 * work, in one process. `--with mongo` also asks the lists of MongoDB, where FAIRLEAD_TEST_MONGO_URL names one; elsewhere fewer of
 * mongo-java-server, which speaks its protocol but walks through everything: the indexes are held by a contract test.
 */
import { join } from 'node:path';
import { temporaryDirectory } from '../support/real/processes.ts';
import { startMongoJava } from '../support/real/mongo.ts';
import type { ExecutionFilter } from '../../control-plane/ports/rows.ts';
import { pagesOverHttp, type HttpDoor } from './http-lists.ts';
import { measure, percentile, type Goal, type Measure } from './measure.ts';
import { startProgram, type Program } from './program.ts';
import type { BenchOptions } from './run.ts';

export interface Waited {
  readonly waiting: number;
  readonly active: number;
  readonly seconds: number;
  /** Calls of the store that write, but for the replica's own lease; and those that read. */
  readonly writes: number;
  readonly reads: number;
  readonly cpuPercent: number;
  readonly rssMb: number;
}

export interface Worked {
  readonly active: number;
  readonly waiting: number;
  readonly steps: number;
  readonly seconds: number;
  readonly rssMb: number;
}

interface Figures {
  readonly executions: number;
  /** Asked for of each list. */
  readonly pages: number;
  readonly goal: Goal | undefined;
}

/** Also what is rare or not there at all: a store that walks through everything shows it here. */
const LISTS: readonly (readonly [string, ExecutionFilter])[] = [
  ['newest', {}],
  ['of an application', { application: 'app3' }],
  ['of a name', { name: 'ship-7' }],
  ['of an environment', { environment: 'env1' }],
  ['failed', { statuses: ['FAILED'] }],
  ['a rare status', { statuses: ['REJECTED'] }],
  ['a status nobody has', { statuses: ['EXPIRED'] }],
  ['rare statuses', { statuses: ['REJECTED', 'EXPIRED', 'BROKEN'] }],
  ['rare statuses of an application', { application: 'app3', statuses: ['REJECTED', 'BROKEN'] }],
  ['a rare status of a name and environment', { name: 'ship-7', environment: 'env1', statuses: ['REJECTED'] }],
  ['a day', { from: 1_752_000_000_000, to: 1_752_086_400_000 }],
  [
    'failed on a day in an environment',
    { from: 1_752_000_000_000, to: 1_752_086_400_000, statuses: ['FAILED'], environment: 'env2' },
  ],
  ['text that is common', { text: 'ship-7' }],
  ['text that is rare', { text: 'n99777' }],
  ['text that is nowhere', { text: 'nowhere' }],
  ['rare text of an application, failed', { application: 'app7', statuses: ['FAILED'], text: 'ship-17 9.9.777' }],
];

export async function scale({ quick, tell, with: extras }: BenchOptions): Promise<readonly Measure[]> {
  const root = temporaryDirectory('bench');
  const measures: Measure[] = [];
  const figures = { executions: quick ? 5_000 : 100_000, pages: quick ? 20 : 100, goal: { atMost: 100 } };
  const withProgram = async (work: (program: Program) => Promise<readonly Measure[]>): Promise<void> => {
    const program = await startProgram('scale');
    try {
      measures.push(...(await work(program)));
    } finally {
      await program.stop();
    }
  };
  await withProgram(async (program) => {
    await program.call('open', { directory: join(root, 'replica') });
    return atOnce(program, quick, tell);
  });
  await withProgram(async (program) => {
    await program.call('openStore', { directory: join(root, 'lists', 'store') });
    const direct = await lists(program, 'sqlite', figures, tell);
    return [...direct, ...(await listsOverHttp(program, join(root, 'lists'), figures, tell))];
  });
  if (extras.includes('mongo')) {
    const real = process.env['FAIRLEAD_TEST_MONGO_URL'] ?? null;
    const mongo = real === null ? await startMongoJava() : { url: real, stop: () => Promise.resolve() };
    try {
      await withProgram(async (program) => {
        await program.call('openStore', { url: mongo.url });
        if (real !== null) return lists(program, 'mongo', figures, tell);
        return lists(program, 'mongo-java-server', { ...figures, executions: 5_000, goal: undefined }, tell);
      });
    } finally {
      await mongo.stop();
    }
  }
  return measures;
}

async function lists(
  program: Program,
  store: string,
  figures: Figures,
  tell: BenchOptions['tell'],
): Promise<readonly Measure[]> {
  const { executions } = figures;
  tell(`${store}: writing ${executions} executions`);
  await program.call('fill', executions);
  const ask = (filter: ExecutionFilter, count: number) => program.call<readonly number[]>('list', { filter, count });
  return measureLists(`${store}: list of ${executions}`, program, figures, ask);
}

async function listsOverHttp(
  program: Program,
  directory: string,
  figures: Figures,
  tell: BenchOptions['tell'],
): Promise<readonly Measure[]> {
  tell('the same over HTTP');
  const door = await program.call<HttpDoor>('serve', { directory });
  return measureLists(`HTTP: list of ${figures.executions}`, program, figures, (filter, count) =>
    pagesOverHttp(door, filter, count),
  );
}

/** How long pages take, and what the dearest of them takes of a processor, whatever else the machine does. */
async function measureLists(
  title: string,
  program: Program,
  { pages, goal }: Figures,
  ask: (filter: ExecutionFilter, count: number) => Promise<readonly number[]>,
): Promise<readonly Measure[]> {
  const measures: Measure[] = [];
  let dearest = 0;
  for (const [name, filter] of LISTS) {
    const before = await program.call<number>('processor');
    const times = await ask(filter, pages);
    dearest = Math.max(dearest, ((await program.call<number>('processor')) - before) / times.length);
    measures.push(measure(`${title}, ${name}: p95`, percentile(times, 95), 'ms', null, goal));
  }
  return [...measures, measure(`${title}: processor for a page of the dearest`, dearest, 'ms')];
}

async function atOnce(program: Program, quick: boolean, tell: BenchOptions['tell']): Promise<readonly Measure[]> {
  const waiting = quick ? 100 : 1_000;
  const active = quick ? 20 : 200;
  tell(`${waiting} wait for locks`);
  const waited = await program.call<Waited>('wait', { waiting, seconds: quick ? 10 : 60 });
  tell(`${active} work beside them`);
  const before = await program.call<number>('processor');
  const worked = await program.call<Worked>('work', { active, seconds: quick ? 5 : 20 });
  const processorMs = (await program.call<number>('processor')) - before;
  return [
    measure(`writes while ${waited.waiting} wait for ${waited.seconds} s`, waited.writes, 'writes', null, {
      atMost: 0,
    }),
    measure(`reads while ${waited.waiting} wait`, waited.reads / waited.seconds, 'reads/s'),
    measure(`processor while ${waited.waiting} wait`, waited.cpuPercent, '%'),
    measure(`memory while ${waited.waiting} wait`, waited.rssMb, 'MB', null, { atMost: 1_024 }),
    measure(`steps of ${worked.active} at once, ${worked.waiting} waiting`, worked.steps / worked.seconds, 'steps/s'),
    measure('processor for a step beside them', processorMs / worked.steps, 'ms'),
    measure(`memory with ${worked.active} at once, ${worked.waiting} waiting`, worked.rssMb, 'MB', null, {
      atMost: 1_024,
    }),
  ];
}
