/** The embedded store: durable appends a second, alone and with many writers at once, beside bare SQLite; and its lists. */
import { join } from 'node:path';
import { temporaryDirectory } from '../support/real/processes.ts';
import { measure, median, percentile, type Measure } from './measure.ts';
import { startProgram } from './program.ts';
import type { BenchOptions } from './run.ts';

const WRITERS = [1, 16, 64, 128] as const;

export async function store({ quick, tell }: BenchOptions): Promise<readonly Measure[]> {
  const root = temporaryDirectory('bench');
  const program = await startProgram('store');
  const ms = quick ? 300 : 1_500;
  const rounds = quick ? 1 : 5;
  const measures: Measure[] = [];
  try {
    await program.call('open', { directory: join(root, 'store'), bare: join(root, 'bare.db') });
    for (const writers of WRITERS) {
      const ours: number[] = [];
      const bare: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        bare.push(await program.call<number>('bare', { writers, ms }));
        ours.push(await program.call<number>('appends', { writers, ms }));
      }
      measures.push(measure(`appends, ${writers} at once`, median(ours), 'appends/s', median(bare)));
    }
    const executions = quick ? 5_000 : 100_000;
    tell(`writing ${executions} executions`);
    await program.call('fill', executions);
    for (const [name, filter] of LISTS) {
      const times = await program.call<readonly number[]>('list', { filter, count: quick ? 20 : 400 });
      measures.push(measure(`list of ${executions}, ${name}: p95`, percentile(times, 95), 'ms'));
    }
    return measures;
  } finally {
    await program.stop();
  }
}

const LISTS = [
  ['newest', {}],
  ['of an application', { application: 'app3' }],
  ['failed', { statuses: ['FAILED'] }],
  ['failed or aborted in an environment', { environment: 'env1', statuses: ['FAILED', 'ABORTED'] }],
  ['of a name', { name: 'ship-7' }],
] as const;
