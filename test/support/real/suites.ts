import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { RealName } from './index.ts';

const NOT_OURS = new Set(['.git', 'node_modules', 'dist', '.cache', '.stryker-tmp', '.fairlead']);

/** Every file of the repository, as `folder/name` from its root, without what is installed or built. */
export function repositoryFiles(root: string, folder = root): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (NOT_OURS.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? repositoryFiles(root, path) : [relative(root, path)];
  });
}

/**
 * The suites that need a real server, and which: those whose names they quote (`requireReal('nats')`), read from their
 * text, so that a run can say what did not run without running it.
 */
export function realSuites(root: string, names: readonly RealName[]): ReadonlyMap<string, readonly RealName[]> {
  const suites = repositoryFiles(root).filter((file) => /\.real\.test\.tsx?$/.test(file));
  return new Map(
    suites.map((file) => {
      const text = readFileSync(join(root, file), 'utf8');
      return [file, names.filter((name) => text.includes(`'${name}'`))];
    }),
  );
}
