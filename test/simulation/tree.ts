/** The program that plays seeds, made of the code as it stands or of a copy with a patch in it. */
import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

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
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-simulation-'));
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    const tree = patch === null ? ROOT : await patchedCopy(directory, patch);
    const file = join(directory, 'worker.mjs');
    await build({
      entryPoints: [join(tree, 'test/simulation/worker.ts')],
      outfile: file,
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
    return { file, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function patchedCopy(directory: string, patch: string): Promise<string> {
  const tree = join(directory, 'tree');
  const left = new Set(['node_modules', 'dist', 'generated', '.cache']);
  for (const folder of FOLDERS) {
    await cp(join(ROOT, folder), join(tree, folder), {
      recursive: true,
      filter: (from) => !left.has(from.slice(from.lastIndexOf('/') + 1)),
    });
  }
  execFileSync('git', ['apply', '-C1', patch], { cwd: tree, stdio: ['ignore', 'ignore', 'pipe'] });
  return tree;
}
