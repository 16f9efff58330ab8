/** The program that plays seeds, made of the code as it stands or of a copy with a patch in it. */
import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions, context } from 'esbuild';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Everything the worker is made of. */
const FOLDERS = ['proto', 'control-plane', 'agent', 'test'] as const;

export interface Program {
  /** To be run as a worker. */
  readonly file: string;
  remove(): Promise<void>;
}

/** Throws what `git apply` says when the patch does not fit. */
export async function makeProgram(patch: string | null): Promise<Program> {
  if (patch !== null) {
    const workshop = await openWorkshop();
    try {
      return { file: await workshop.make(patch), remove: () => workshop.remove() };
    } catch (error) {
      await workshop.remove();
      throw error;
    }
  }
  const directory = await temporary();
  const file = join(directory, 'worker.mjs');
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    await build({ ...optionsFor(ROOT), outfile: file });
    return { file, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** One copy for many patches, one in it at a time: what they have in common is read once. */
export interface Workshop {
  make(patch: string): Promise<string>;
  remove(): Promise<void>;
}

export async function openWorkshop(): Promise<Workshop> {
  const directory = await temporary();
  const tree = join(directory, 'tree');
  await copyTo(tree);
  const made = join(directory, 'worker.mjs');
  const builder = await context({ ...optionsFor(tree), outfile: made });
  const apply = (patch: string, ...more: readonly string[]): void =>
    void execFileSync('git', ['apply', '-C1', ...more, patch], { cwd: tree, stdio: ['ignore', 'ignore', 'pipe'] });
  return {
    async make(patch) {
      apply(patch);
      await builder.rebuild();
      apply(patch, '--reverse');
      const file = join(directory, `${basename(patch)}.mjs`);
      await cp(made, file);
      return file;
    },
    async remove() {
      await builder.dispose();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const temporary = (): Promise<string> => mkdtemp(join(tmpdir(), 'fairlead-simulation-'));

async function copyTo(tree: string): Promise<void> {
  const left = new Set(['node_modules', 'dist', 'generated', '.cache']);
  for (const folder of FOLDERS) {
    await cp(join(ROOT, folder), join(tree, folder), {
      recursive: true,
      filter: (from) => !left.has(from.slice(from.lastIndexOf('/') + 1)),
    });
  }
}

const optionsFor = (tree: string): BuildOptions => ({
  entryPoints: [join(tree, 'test/simulation/worker.ts')],
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  sourcemap: 'inline',
  logLevel: 'error',
  // Not the workspaces' links: those lead out of the copy.
  alias: { '@fairlead/proto': join(tree, 'proto'), '@fairlead/agent': join(tree, 'agent') },
  nodePaths: [join(ROOT, 'node_modules')],
  banner: {
    js: "import { createRequire as makeRequire } from 'node:module';const require=makeRequire(import.meta.url);",
  },
});
