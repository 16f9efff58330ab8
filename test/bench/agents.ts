/** Two thousand agents on one control plane: how long until all are connected, until each has done a task, in how much memory. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../support/real/processes.ts';
import { measure, type Measure } from './measure.ts';
import { startProgram, type Program } from './program.ts';
import type { BenchOptions } from './run.ts';

const PROCESSES = 4;

export async function agents({ quick, tell }: BenchOptions): Promise<readonly Measure[]> {
  const each = quick ? 25 : 500;
  const count = PROCESSES * each;
  const root = temporaryDirectory('bench');
  const controlPlane = await startProgram('control-plane');
  const loads: Program[] = [];
  try {
    // Requests go down the agents' own streams: that way the control plane has all of the work, and a broker none.
    const opening = { directory: join(root, 'store'), natsUrl: null };
    const { port, token } = await controlPlane.call<{ port: number; token: string }>('open', opening);
    const idle = memoryOf(controlPlane.pid);
    for (let process = 0; process < PROCESSES; process += 1) loads.push(await startProgram('agents'));
    tell(`enrolling ${count} agents`);
    const began = performance.now();
    const start = (program: Program, index: number): Promise<void> =>
      program.call('enrol', { directory: join(root, `load${index}`), port, token, from: index * each, count: each });
    await Promise.all(loads.map(start));
    const enrolled = performance.now();
    const connected = controlPlane.call('agents', count);
    await Promise.all(loads.map((program) => program.call('connect')));
    await connected;
    const all = performance.now();
    tell(`${count} agents are connected; a task for each`);
    const tasks = await controlPlane.call<number>('oneEach', { agents: count });
    const used = memoryOf(controlPlane.pid);
    await Promise.all(loads.map((program) => program.call('check')));
    return [
      measure(`enrol ${count} agents`, (enrolled - began) / 1_000, 's'),
      measure(`connect ${count} agents`, (all - enrolled) / 1_000, 's'),
      measure(`one task on each of ${count} agents`, tasks / 1_000, 's'),
      measure(`control plane memory at most, ${count} agents`, used.most, 'MB', idle.now, { atMost: 1_024 }),
      measure(`control plane memory after, ${count} agents`, used.now, 'MB', idle.now),
    ];
  } finally {
    await Promise.all(loads.map((program) => program.stop()));
    await controlPlane.stop();
  }
}

/** Resident, now and at its highest, as the kernel counts it. Megabytes. */
function memoryOf(pid: number): { readonly now: number; readonly most: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const read = (field: string): number => Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) / 1_024;
  return { now: read('VmRSS'), most: read('VmHWM') };
}
