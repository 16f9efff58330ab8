/** The `fairlead` program as one file, so that a process is up in a third of a second however often a suite kills it. */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Bundled CommonJS asks by `require` for Node's own modules, and where it lies: an ES module has neither by itself. */
const COMMONJS = [
  "import { createRequire as createRequireOfBundle } from 'node:module';",
  "import { fileURLToPath as pathOfBundle } from 'node:url';",
  'const require = createRequireOfBundle(import.meta.url);',
  'const __filename = pathOfBundle(import.meta.url);',
  "const __dirname = pathOfBundle(new URL('.', import.meta.url));",
].join('\n');

/** Builds it from the sources as they are now; the same sources give the same file. Answers its path. */
export async function buildProgram(): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['control-plane/cli/main.ts'],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    logLevel: 'error',
    banner: { js: COMMONJS },
    // Native, or loaded only by those who ask for it: found in node_modules as ever.
    external: ['libsql', 'mongodb', 'cpu-features', '*.node'],
  });
  const [bundle] = outputFiles;
  if (bundle === undefined) throw new Error('esbuild made no file');
  const name = createHash('sha256').update(bundle.contents).digest('hex').slice(0, 16);
  const home = join(root, '.cache', 'e2e', name);
  const program = join(home, 'dist', 'fairlead.js');
  if (!existsSync(program)) place(home, bundle.contents);
  return program;
}

/** All of it or nothing: suites that build at the same time find each other's. */
function place(home: string, program: Uint8Array): void {
  mkdirSync(dirname(home), { recursive: true });
  removeOld(dirname(home));
  const unfinished = mkdtempSync(`${home}-`);
  mkdirSync(join(unfinished, 'dist'));
  writeFileSync(join(unfinished, 'dist', 'fairlead.js'), program);
  copyFileSync(join(root, 'proto', 'fairlead', 'v1', 'agent.proto'), join(unfinished, 'dist', 'agent.proto'));
  copyFileSync(join(root, 'package.json'), join(unfinished, 'package.json'));
  try {
    renameSync(unfinished, home);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(join(home, 'dist', 'fairlead.js'))) throw error;
  }
}

/** What earlier sources made, and nobody can be running any more. */
function removeOld(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const made = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
    if (Date.now() - made > 6 * 3_600_000) rmSync(path, { recursive: true, force: true });
  }
}
