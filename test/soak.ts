/** `npm run soak`: every suite that repeats itself (`rounds(20, 200)`), as often as a night allows; `-- crash` for those so named. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keepSoak } from './soak-summary.ts';
import { temporaryDirectory } from './support/real/processes.ts';
import { repositoryFiles } from './support/real/suites.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const filters = process.argv.slice(2);
const suites = repositoryFiles(root)
  .filter((file) => file.endsWith('.test.ts') && /\brounds\(/.test(readFileSync(join(root, file), 'utf8')))
  .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)));

if (suites.length === 0) {
  console.error(
    `No suite repeats itself by rounds(…)${filters.length > 0 ? ` and is named ${filters.join(' or ')}` : ''}.`,
  );
  process.exitCode = 2;
} else {
  const directory = temporaryDirectory('soak');
  const report = join(directory, 'report.json');
  const figures = join(directory, 'figures.jsonl');
  const runner = spawn(process.execPath, ['--import', 'tsx', 'test/run.ts', '--real', ...suites], {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      FAIRLEAD_TEST_SOAK: '1',
      FAIRLEAD_TEST_REPORT: report,
      FAIRLEAD_SOAK_FIGURES: figures,
    },
  });
  // The runner ends what it started; this process only waits for it.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => runner.kill(signal));
  runner.once('exit', (code) => {
    const kept = keepSoak({ root, report, figures, filters, endedAt: Date.now() });
    if (kept !== null) console.log(`kept in ${kept}`);
    process.exitCode = code ?? 1;
  });
}
