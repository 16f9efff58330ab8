/**
 * `npm run bench -- dispatch|ssh|wide|store|scale|agents [--json] [--quick]`: what the machine does with us, beside what it does
 * without. Measure and baseline take turns in one run, because other work on the machine comes and goes.
 */
import { parseArgs } from 'node:util';
import type { Measure } from './measure.ts';
import { keepSummary, table } from './measure.ts';
import { PROGRAMS } from './programs.ts';

export interface BenchOptions {
  /** A tenth of the work: shows that it runs, and little more. */
  readonly quick: boolean;
  readonly with: readonly string[];
  tell(line: string): void;
}

const BENCHES: Readonly<Record<string, () => Promise<(options: BenchOptions) => Promise<readonly Measure[]>>>> = {
  dispatch: async () => (await import('./dispatch.ts')).dispatch,
  ssh: async () => (await import('./ssh.ts')).ssh,
  wide: async () => (await import('./wide.ts')).wide,
  store: async () => (await import('./store.ts')).store,
  scale: async () => (await import('./scale.ts')).scale,
  agents: async () => (await import('./agents.ts')).agents,
};

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      with: { type: 'string', default: '' },
    },
  });
  const [name = ''] = positionals;
  const found = BENCHES[name];
  if (found === undefined || positionals.length > 1) {
    process.stderr.write(
      `Usage: npm run bench -- ${Object.keys(BENCHES).join('|')} [--json] [--quick] [--with ansible|mongo]\n`,
    );
    return 2;
  }
  const bench = await found();
  const tell = (line: string): void => void process.stderr.write(`${line}\n`);
  const extras = values.with.split(',').filter((each) => each !== '');
  const measures = await bench({ quick: values.quick, with: extras, tell });
  if (values.json) for (const each of measures) process.stdout.write(`${JSON.stringify(each)}\n`);
  else process.stdout.write(`${table(measures)}\n`);
  // A quick run says nothing that is worth keeping.
  if (!values.quick) tell(`kept in ${keepSummary(name, args, measures)}`);
  return 0;
}

const [first = '', second = ''] = process.argv.slice(2);
if (first === 'program') {
  const program = PROGRAMS[second];
  if (program === undefined) throw new Error(`there is no program ${second}`);
  await program();
} else {
  process.exitCode = await main(process.argv.slice(2));
  process.exit();
}
