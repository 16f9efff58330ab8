/**
 * `npm test`: every suite that needs nothing but npm. `npm run test:real`: all suites, with the real servers installed and
 * started first. Everything else on the command line goes to vitest (`npm test -- engine` runs the files so named).
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RealName } from './support/real/index.ts';
import { temporaryDirectory, tellUnexpectedEnds, tiedToThisProcess } from './support/real/processes.ts';
import type { Provided } from './support/real/servers.ts';
import { isOnRequest, isOptional, provideReal, REAL_NAMES } from './support/real/servers.ts';
import { realSuites } from './support/real/suites.ts';
import { secondTries, tellSecondTries, type TriedReport } from './support/second-tries.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Options {
  readonly real: boolean;
  /** An absent server that is not optional fails the run. */
  readonly strict: boolean;
  readonly extra: readonly RealName[];
  readonly vitest: readonly string[];
}

function readOptions(args: readonly string[]): Options {
  const extra: RealName[] = [];
  const vitest: string[] = [];
  let real = false;
  let strict = process.env['CI'] === 'true';
  for (let at = 0; at < args.length; at += 1) {
    const argument = args[at] ?? '';
    if (argument === '--real') real = true;
    else if (argument === '--strict') strict = true;
    else if (argument === '--with') extra.push(...(args[(at += 1)] ?? '').split(',').map(realName));
    else vitest.push(argument);
  }
  return { real, strict, extra, vitest };
}

function realName(text: string): RealName {
  const found = REAL_NAMES.find((name) => name === text);
  if (found === undefined) throw new Error(`--with ${text}: no such server; there are ${REAL_NAMES.join(', ')}`);
  return found;
}

/** All, or only what the suites named on the command line ask for: nobody waits for Java to test NATS. */
function wantedServers(options: Options, suites: ReadonlyMap<string, readonly RealName[]>): readonly RealName[] {
  const filters = options.vitest.filter((argument) => !argument.startsWith('-'));
  const selected = [...suites].filter(([file]) => filters.some((filter) => file.includes(filter)));
  const asked = selected.flatMap(([, names]) => names);
  const narrowed = filters.length > 0 && selected.length > 0;
  return REAL_NAMES.filter(
    (name) => options.extra.includes(name) || (narrowed ? asked.includes(name) : !isOnRequest(name)),
  );
}

function runVitest(
  options: Options,
  provided: Provided,
  report: string | null,
): { readonly ended: Promise<number>; stop(): void } {
  const reporters = report === null ? [] : ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/vitest.config.ts'];
  const [program, ...args] = tiedToThisProcess(process.execPath, [...vitest, ...reporters, ...options.vitest]);
  const child = spawn(program, args, {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      ...provided.environment,
      FAIRLEAD_TEST_REAL: options.real ? '1' : '0',
      // Whatever a suite or what it starts leaves behind goes with this run.
      TMPDIR: temporaryDirectory('tests'),
    },
  });
  const ended = new Promise<number>((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', (code) => resolve(code ?? 1));
  });
  return { ended, stop: () => child.kill('SIGTERM') };
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const suites = realSuites(root, REAL_NAMES);
  const tell = (line: string): void => console.log(`real server ${line}`);

  tellUnexpectedEnds((what) => {
    if (!interrupted) tell(what);
  });

  let stopVitest = (): void => undefined;
  let interrupted = false;
  const interrupt = (): void => {
    interrupted = true;
    stopVitest();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);

  const provided = await provideReal(options.real ? wantedServers(options, suites) : [], tell);
  try {
    if (interrupted) return 130;
    const missing = [...provided.absent.keys()].filter((name) => !isOptional(name));
    const report = process.env['FAIRLEAD_TEST_REPORT'] ?? ownReport();
    const vitest = runVitest(options, provided, report);
    stopVitest = vitest.stop;
    const code = await vitest.ended;
    tellAbsent(options, provided, suites);
    tellSecondTries(secondTries(readReport(report), root), (line) => console.log(line));
    if (interrupted) return 130;
    return options.strict && missing.length > 0 ? Math.max(code, 1) : code;
  } finally {
    await provided.stop();
  }
}

/** Second tries are made in CI alone. */
const ownReport = (): string | null =>
  process.env['CI'] === 'true' ? join(temporaryDirectory('report'), 'report.json') : null;

/** An interrupted run leaves none. */
const readReport = (path: string | null): TriedReport =>
  // Vitest's own, of which only that is read.
  path !== null && existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as TriedReport) : { testResults: [] };

/** One line for each server that was not there, with the suites that therefore did not run. */
function tellAbsent(options: Options, provided: Provided, suites: ReadonlyMap<string, readonly RealName[]>): void {
  for (const name of REAL_NAMES) {
    const files = [...suites].filter(([, names]) => names.includes(name)).map(([file]) => file);
    if (!options.real && files.length > 0) {
      console.log(`real server ${name}: not used by npm test, did not run: ${files.join(', ')}`);
    }
    const why = provided.absent.get(name);
    if (why !== undefined) {
      const grade = isOptional(name) ? 'optional' : options.strict ? 'a failure here' : 'missing';
      console.log(`real server ${name}: absent (${grade}): ${why} Suites that use it: ${files.join(', ') || 'none'}`);
    }
  }
  const unnamed = [...suites].filter(([, names]) => names.length === 0).map(([file]) => file);
  if (!options.real && unnamed.length > 0) console.log(`not run by npm test: ${unnamed.join(', ')}`);
}

process.exitCode = await main();
