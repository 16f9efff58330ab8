/**
 * `npm run test:simulation -- [--seeds N] [--from S] [--seed S] [--patch FILE]`: exits 1 when an invariant fails, with the
 * seed that shows it. With a patch, the patched code is played: a patch that is a bug must fail.
 */
import { resolve } from 'node:path';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { playAll } from './crew.ts';
import { reportOn } from './report.ts';
import { makeProgram } from './tree.ts';
import type { Order, Played } from './worker.ts';

const USAGE = 'Use: npm run test:simulation -- [--seeds N] [--from S] [--seed S] [--patch FILE]';
/** Of so many seeds one is played twice, and must come out the same. */
const TWICE_EVERY = 20;
/** The end of a history, where it went wrong. */
const LINES_SHOWN = 40;

interface Options {
  readonly from: number;
  readonly seeds: number;
  /** One seed, told in full. */
  readonly only: boolean;
  readonly patch: string | null;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '1000' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
      patch: { type: 'string' },
    },
  });
  const patch = values.patch === undefined ? null : resolve(values.patch);
  const only = values.seed !== undefined;
  return {
    patch,
    only,
    seeds: only ? 1 : whole(values.seeds, '--seeds'),
    from: whole(values.seed ?? values.from, '--from'),
  };
}

function whole(text: string, name: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`${name} takes a whole number of at least 1, and got '${text}'. ${USAGE}`);
}

function* ordersFor({ from, seeds, only }: Options): Iterable<Order> {
  for (let seed = from; seed < from + seeds; seed += 1)
    yield { seed, twice: only || seed % TWICE_EVERY === 0, tell: only };
}

function tell({ seed, violation, history }: Played, options: Options): void {
  const lines = (history ?? '').split('\n');
  const shown = options.only ? lines : lines.slice(-LINES_SHOWN);
  console.log(shown.join('\n'));
  if (violation === null) return;
  console.error(`\nseed ${seed} breaks ${violation.invariant}: ${violation.text}`);
  const patch = options.patch === null ? '' : ` --patch ${options.patch}`;
  console.error(`To see all of it: npm run test:simulation -- --seed ${seed}${patch}`);
}

async function run(options: Options): Promise<number> {
  const program = await makeProgram(options.patch);
  const played: Played[] = [];
  try {
    const failed = await playAll({
      file: program.file,
      workers: Math.min(options.seeds, availableParallelism()),
      orders: ordersFor(options),
      onPlayed(each) {
        played.push(each);
        if (options.only) tell(each, options);
        else if (played.length % 100 === 0) console.error(`${played.length} of ${options.seeds} seeds`);
      },
    });
    console.log(reportOn(played));
    if (failed !== null && !options.only) tell(failed, options);
    return failed === null ? 0 : 1;
  } finally {
    await program.remove();
  }
}

try {
  process.exitCode = await run(readOptions());
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
