/**
 * One execution over a thousand hosts: does an append cost more when there are more hosts, or when more of them are done?
 * The hosts are simulated: whatever is offered starts and is finished. Replica, engine and SQLite store are the real ones.
 */
import { join } from 'node:path';
import { temporaryDirectory } from '../support/real/processes.ts';
import { measure, percentile, type Measure } from './measure.ts';
import { startProgram } from './program.ts';
import type { BenchOptions } from './run.ts';

/** What one append cost, in the order of the appends. Milliseconds. */
export interface Appended {
  /** Hosts that were done when it was made. */
  readonly done: number;
  /** From the input to the answer: decided, written, followed up. */
  readonly ms: number;
  /** CPU of the pure part: decide, evolve, wanted, nextDeadline. */
  readonly engineMs: number;
}

/** Of appends whose number of done hosts is near `hosts`. */
function near(appends: readonly Appended[], hosts: number, reach: number): readonly Appended[] {
  return appends.filter(({ done }) => Math.abs(done - hosts) <= reach);
}

export async function wide({ quick, tell }: BenchOptions): Promise<readonly Measure[]> {
  const root = temporaryDirectory('bench');
  const program = await startProgram('wide');
  const rounds = quick ? 1 : 2;
  const hosts = quick ? 200 : 1_000;
  try {
    await program.call('open', join(root, 'store'));
    const rolling: Appended[] = [];
    const small: Appended[] = [];
    const large: Appended[] = [];
    // The first of each warms up.
    for (let round = 0; round <= rounds; round += 1) {
      const most = round === 0 ? 100 : hosts;
      const batches = await program.call<readonly Appended[]>('run', { hosts: most, batch: 10 });
      const few: Appended[] = [];
      for (let again = 0; again < most / 10; again += 1) {
        few.push(...(await program.call<readonly Appended[]>('run', { hosts: 10, batch: 10 })));
      }
      const many = await program.call<readonly Appended[]>('run', { hosts: most, batch: most });
      if (round === 0) continue;
      rolling.push(...batches);
      small.push(...few);
      large.push(...many);
      tell(`round ${round} of ${rounds}`);
    }
    for (let done = hosts / 10; done <= hosts; done += hosts / 10) {
      const here = near(rolling, done, hosts / 20);
      const text = [50, 99].map((percent) => percentile(ms(here), percent).toFixed(2)).join(' / ');
      tell(`rolling, about ${done} of ${hosts} done: append p50 / p99 ${text} ms`);
    }
    return measures(rolling, small, large, hosts);
  } finally {
    await program.stop();
  }
}

const ms = (appends: readonly Appended[]): readonly number[] => appends.map((each) => each.ms);
const engineMs = (appends: readonly Appended[]): readonly number[] => appends.map((each) => each.engineMs);

function measures(
  rolling: readonly Appended[],
  small: readonly Appended[],
  large: readonly Appended[],
  most: number,
): readonly Measure[] {
  const early = near(rolling, 10, 10);
  const late = near(rolling, most - 10, 10);
  const atMost = { atMost: 3, ofRatio: true };
  const p = (times: readonly number[], percent: number): number => percentile(times, percent);
  return [
    measure(`rolling: append p99 at host ${most}, to host 10`, p(ms(late), 99), 'ms', p(ms(early), 99), atMost),
    measure(`rolling: append p50 at host ${most}, to host 10`, p(ms(late), 50), 'ms', p(ms(early), 50)),
    measure(`rolling: engine p50 at host ${most}, to host 10`, p(engineMs(late), 50), 'ms', p(engineMs(early), 50)),
    measure(
      `basic: append p99 of ${most} hosts at once, to 10 hosts`,
      p(ms(large), 99),
      'ms',
      p(ms(small), 99),
      atMost,
    ),
    measure(`basic: append p50 of ${most} hosts at once, to 10 hosts`, p(ms(large), 50), 'ms', p(ms(small), 50)),
    measure(
      `basic: engine p50 of ${most} hosts at once, to 10 hosts`,
      p(engineMs(large), 50),
      'ms',
      p(engineMs(small), 50),
    ),
  ];
}
