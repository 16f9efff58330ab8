/**
 * `npm run mutate`: Stryker on the engine; a run over all of it leaves its score in `test/bench/results/mutation.json`.
 * What follows `--` goes to Stryker.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { keepResult } from '../bench/measure.ts';

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

function keepScore(): string {
  const report = reportSchema.parse(JSON.parse(readFileSync(REPORT, 'utf8')));
  const mutantsIn = (has: (file: string) => boolean): Mutants =>
    Object.entries(report.files).flatMap(([file, { mutants }]) => (has(file) ? mutants : []));
  const folders = [...new Set(Object.keys(report.files).map((file) => dirname(file)))].toSorted();
  return keepResult('mutation', {
    ...scoreOf(mutantsIn(() => true)),
    folders: Object.fromEntries(
      folders.map((folder) => [folder, scoreOf(mutantsIn((file) => dirname(file) === folder))]),
    ),
  });
}

const args = process.argv.slice(2);
rmSync(REPORT, { force: true });
const { status } = spawnSync('npx', ['--no', '--', 'stryker', 'run', ...args], { cwd: root, stdio: 'inherit' });
// There is one below the threshold too, when Stryker fails. That of a part would be none of the engine.
const isWhole = !args.some((each) => /^(-m|--mutate)\b/.test(each));
if (isWhole && existsSync(REPORT)) process.stderr.write(`kept in ${keepScore()}\n`);
process.exitCode = status ?? 1;
