/**
 * `npm run mutate [-- --part 1/3]`: Stryker on the engine, or on a part of it that stands for the whole; leaves the score
 * in `test/bench/results/mutation.json`. Whatever else follows `--` goes to Stryker.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { keepResult } from '../bench/measure.ts';
import { linesOf } from './part.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const REPORT = `${root}.cache/mutation/report.json`;

const reportSchema = z.object({
  files: z.record(z.string(), z.object({ mutants: z.array(z.object({ status: z.string() })) })),
});
type Mutants = readonly { readonly status: string }[];

/** Found out by a test, by its failing or by its never ending. */
const FOUND = ['Killed', 'Timeout'];
const MISSED = ['Survived', 'NoCoverage'];

function scoreOf(mutants: Mutants): object {
  const count = (...statuses: readonly string[]): number =>
    mutants.filter(({ status }) => statuses.includes(status)).length;
  const found = count(...FOUND);
  const missed = count(...MISSED);
  return {
    mutants: mutants.length,
    killed: count('Killed'),
    timedOut: count('Timeout'),
    survived: count('Survived'),
    notCovered: count('NoCoverage'),
    other: mutants.length - found - missed,
    score: Number(((100 * found) / (found + missed)).toFixed(2)),
  };
}

function keepScore(part: string): string {
  const report = reportSchema.parse(JSON.parse(readFileSync(REPORT, 'utf8')));
  const mutantsIn = (has: (file: string) => boolean): Mutants =>
    Object.entries(report.files).flatMap(([file, { mutants }]) => (has(file) ? mutants : []));
  const folders = [...new Set(Object.keys(report.files).map((file) => dirname(file)))].toSorted();
  return keepResult('mutation', {
    part,
    ...scoreOf(mutantsIn(() => true)),
    folders: Object.fromEntries(
      folders.map((folder) => [folder, scoreOf(mutantsIn((file) => dirname(file) === folder))]),
    ),
  });
}

const args = process.argv.slice(2);
const at = args.indexOf('--part');
const [, part = '1/1'] = at < 0 ? [] : args.splice(at, 2);
const lines = linesOf(part, root);
if (lines === null) {
  process.stderr.write(`--part ${part}: it must be two numbers like 2/3, the first no greater than the second\n`);
  process.exit(2);
}
const scope = part === '1/1' ? [] : ['--mutate', lines.join(',')];
rmSync(REPORT, { force: true });
const { status } = spawnSync('npx', ['--no', '--', 'stryker', 'run', ...scope, ...args], {
  cwd: root,
  stdio: 'inherit',
});
// There is one below the threshold too, when Stryker fails. That of some files would be none of the engine.
const isOfAll = !args.some((each) => /^(-m|--mutate)\b/.test(each));
if (isOfAll && existsSync(REPORT)) process.stderr.write(`kept in ${keepScore(part)}\n`);
process.exitCode = status ?? 1;
