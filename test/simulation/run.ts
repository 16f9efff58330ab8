/**
 * `npm run test:simulation -- [--seeds N | --executions N] [--from S] [--seed S] [--patch FILE]`: exits 1 when an invariant
 * fails, with the seed that shows it, or when what was played is too thin. With a patch, the patched code is played: a
 * patch that is a bug must fail.
 */
import { resolve } from 'node:path';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { playAll } from './crew.ts';
import { emptyCells } from './cells.ts';
import { tooThin } from './distribution.ts';
import { reportOn, sumsOf } from './report.ts';
import { makeProgram } from './tree.ts';
import type { Order, Played } from './worker.ts';

const USAGE = 'Use: npm run test:simulation -- [--seeds N | --executions N] [--from S] [--seed S] [--patch FILE]';
/** What every change must pass: about a minute on two cores. Of fewer seeds no distribution is asked for. */
const USUAL_SEEDS = 400;
/** Of so many seeds one is played twice, and must come out the same. */
const TWICE_EVERY = 20;
/** The end of a history, where it went wrong. */
const LINES_SHOWN = 40;

interface Options {
  readonly from: number;
  readonly seeds: number;
  /** Goes on until so many were played. */
  readonly executions: number;
  /** One seed, told in full. */
  readonly only: boolean;
  readonly patch: string | null;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string' },
      executions: { type: 'string' },
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
    seeds: only ? 1 : seedsOf(values),
    executions: values.executions === undefined ? Infinity : whole(values.executions, '--executions'),
    from: whole(values.seed ?? values.from, '--from'),
  };
}

function seedsOf({ seeds, executions }: { readonly seeds?: string; readonly executions?: string }): number {
  if (seeds !== undefined) return whole(seeds, '--seeds');
  return executions === undefined ? USUAL_SEEDS : Infinity;
}

function whole(text: string, name: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`${name} takes a whole number of at least 1, and got '${text}'. ${USAGE}`);
}

function* ordersFor({ from, seeds, executions, only }: Options, played: () => number): Iterable<Order> {
  for (let seed = from; seed < from + seeds && played() < executions; seed += 1)
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

/** Of enough seeds, something must have happened in them. */
function isWorthIt(played: readonly Played[], { patch }: Options): boolean {
  const thin =
    patch !== null || played.length < USUAL_SEEDS ? [] : [...tooThin(sumsOf(played)), ...emptyCells(sumsOf(played))];
  for (const each of thin) console.error(`too thin: ${each}`);
  return thin.length === 0;
}

async function run(options: Options): Promise<number> {
  const program = await makeProgram(options.patch);
  const played: Played[] = [];
  let executions = 0;
  try {
    const failed = await playAll({
      file: program.file,
      workers: Math.min(options.seeds, availableParallelism()),
      orders: ordersFor(options, () => executions),
      onPlayed(each) {
        played.push(each);
        executions += each.statistics['executions'] ?? 0;
        if (options.only) tell(each, options);
        else if (played.length % 100 === 0) console.error(`${played.length} seeds, ${executions} executions`);
      },
    });
    console.log(reportOn(played));
    if (failed !== null && !options.only) tell(failed, options);
    return failed === null && isWorthIt(played, options) ? 0 : 1;
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
