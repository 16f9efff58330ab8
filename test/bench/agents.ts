/**
 * Two thousand agents on one control plane: how long until all have joined, are connected and have done a task, what they
 * cost while nothing happens, and how long until all are back after the control plane was killed. In how much memory.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { realSystem } from '../../control-plane/adapters/system/index.ts';
import { kill, temporaryDirectory } from '../support/real/processes.ts';
import { measure, percentile, type Measure } from './measure.ts';
import { startProgram, type Program } from './program.ts';
import type { BenchOptions } from './run.ts';

const PROCESSES = 4;
/** Tasks for each agent that any of them may do. */
const TASKS_EACH = 5;
/** Within which all are back: agents wait up to ten seconds between two tries. */
const BACK_WITHIN_S = 30;
const MOST_MB = 1_024;

interface Opened {
  readonly port: number;
  readonly token: string;
}

interface Fleet {
  readonly count: number;
  readonly loads: readonly Program[];
  readonly directory: string;
}

export async function agents({ quick, tell }: BenchOptions): Promise<readonly Measure[]> {
  const each = quick ? 25 : 500;
  const count = PROCESSES * each;
  const root = temporaryDirectory('bench');
  const directory = join(root, 'store');
  const programs: Program[] = [];
  try {
    const controlPlane = await startProgram('control-plane');
    programs.push(controlPlane);
    // Requests go down the agents' own streams: that way the control plane has all of the work, and a broker none.
    const { port, token } = await controlPlane.call<Opened>('open', { directory, natsUrl: null });
    const idle = memoryOf(controlPlane.pid);
    const loads = await Promise.all(Array.from({ length: PROCESSES }, () => startProgram('agents')));
    programs.push(...loads);
    await Promise.all(loads.map((load) => load.call('ready')));
    const fleet = { count, loads, directory };

    tell(`enrolling ${count} agents`);
    const enrolled = await costOf(controlPlane, () =>
      Promise.all(
        loads.map((load, index) =>
          load.call('enrol', { directory: join(root, `load${index}`), port, token, from: index * each, count: each }),
        ),
      ),
    );
    const connected = await costOf(controlPlane, () =>
      Promise.all([controlPlane.call('agents', count), ...loads.map((load) => load.call('connect'))]),
    );
    const measures = [
      measure(`enrol ${count} agents`, enrolled.seconds, 's'),
      measure('processor for an enrolment', enrolled.processorMs / count, 'ms'),
      measure(`connect ${count} agents`, connected.seconds, 's'),
      measure('processor for a connection', connected.processorMs / count, 'ms'),
      ...(await atWork(controlPlane, fleet, quick, tell)),
    ];
    const used = memoryOf(controlPlane.pid);
    measures.push(
      measure(`memory at most, ${count} agents`, used.most, 'MB', idle.now, { atMost: MOST_MB }),
      measure(`memory after, ${count} agents`, used.now, 'MB', idle.now),
    );

    tell('the control plane is killed, and started again');
    kill(controlPlane.pid, 'SIGKILL');
    const next = await startProgram('control-plane');
    programs.push(next);
    return [...measures, ...(await restarted(next, fleet, port))];
  } finally {
    await Promise.all(programs.map((program) => program.stop()));
  }
}

async function atWork(
  controlPlane: Program,
  fleet: Fleet,
  quick: boolean,
  tell: BenchOptions['tell'],
): Promise<readonly Measure[]> {
  const { count } = fleet;
  tell(`${count} agents are connected; a task for each`);
  const each = await costOf(controlPlane, () => controlPlane.call('oneEach', count));
  await expectDone(fleet, (done) => done === 1, 'did not do exactly one task');
  const more = TASKS_EACH * count;
  tell(`${more} tasks for whoever is free`);
  const anybody = await costOf(controlPlane, () => controlPlane.call('anybody', more));
  await expectDone(fleet, (_, all) => all === count + more, 'did not do every task once');
  const resting = await costOf(controlPlane, () => realSystem.scheduler.sleep(quick ? 6_000 : 20_000));
  const lists = await controlPlane.call<readonly number[]>('lists', quick ? 10 : 50);
  return [
    measure(`one task on each of ${count} agents`, each.seconds, 's'),
    measure('processor for a task on one agent', each.processorMs / count, 'ms'),
    measure(`${more} tasks on any of ${count} agents`, more / anybody.seconds, 'tasks/s'),
    measure('processor for a task on any agent', anybody.processorMs / more, 'ms'),
    measure(`processor while ${count} agents do nothing`, resting.processorMs / resting.seconds / 10, '%'),
    measure(`list of ${count} agents: p95`, percentile(lists, 95), 'ms'),
  ];
}

/** All of them try to come back at once, as soon as somebody listens. */
async function restarted(next: Program, fleet: Fleet, port: number): Promise<readonly Measure[]> {
  const { count, directory } = fleet;
  await next.call<Opened>('open', { directory, natsUrl: null, port });
  const back = await costOf(next, () => next.call('agents', count));
  const pause = await next.call<number>('longestPause');
  await next.call('oneEach', count);
  const all = count + TASKS_EACH * count + count;
  await expectDone(fleet, (_, done) => done === all, 'did not do every task once');
  const { most } = memoryOf(next.pid);
  return [
    measure(`all ${count} agents back after a kill -9`, back.seconds, 's', null, { atMost: BACK_WITHIN_S }),
    measure('processor for an agent that comes back', back.processorMs / count, 'ms'),
    measure(`longest pause while ${count} agents come back`, pause, 'ms'),
    measure(`memory at most after ${count} agents came back`, most, 'MB', null, { atMost: MOST_MB }),
  ];
}

/** How long it takes, and how much of a processor the program needs for it, whatever else the machine does. */
async function costOf(
  program: Program,
  work: () => Promise<unknown>,
): Promise<{ readonly seconds: number; readonly processorMs: number }> {
  const before = await program.call<number>('processor');
  const began = performance.now();
  await work();
  const seconds = (performance.now() - began) / 1_000;
  return { seconds, processorMs: (await program.call<number>('processor')) - before };
}

async function expectDone(
  { loads }: Fleet,
  isRight: (done: number, all: number) => boolean,
  complaint: string,
): Promise<void> {
  const done = (await Promise.all(loads.map((load) => load.call<readonly number[]>('done')))).flat();
  const all = done.reduce((sum, each) => sum + each, 0);
  const wrong = done.filter((each) => !isRight(each, all));
  if (wrong.length > 0) throw new Error(`${wrong.length} agents ${complaint}: ${all} tasks in all`);
}

/** Resident, now and at its highest, as the kernel counts it. Megabytes. */
function memoryOf(pid: number): { readonly now: number; readonly most: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const read = (field: string): number => Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) / 1_024;
  return { now: read('VmRSS'), most: read('VmHWM') };
}
