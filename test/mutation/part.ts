/**
 * A part of the engine that stands for all of it: every so many-th declaration, from every file. The parts of one number
 * together are the whole.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryFiles } from '../support/real/suites.ts';

/** `2/3` → the lines of the second third, as Stryker takes them; null: it is no part. */
export function linesOf(part: string, root: string): readonly string[] | null {
  const [, k, n] = /^(\d+)\/(\d+)$/.exec(part) ?? [];
  const [number, of] = [Number(k), Number(n)];
  if (!(number >= 1 && number <= of)) return null;
  const sources = /^control-plane\/engine\/.*(?<!\.test|\.d)\.ts$/;
  const files = repositoryFiles(root).filter((file) => sources.test(file));
  const declarations = files.toSorted().flatMap((file) => rangesOf(file, readFileSync(join(root, file), 'utf8')));
  return declarations.filter((_, index) => index % of === number - 1);
}

/** Declarations begin at the margin, after an empty line. */
function rangesOf(file: string, text: string): readonly string[] {
  const lines = text.split('\n');
  const starts = lines.flatMap((line, index) =>
    index === 0 || (lines[index - 1] === '' && /^\S/.test(line)) ? [index] : [],
  );
  return starts.map((start, index) => `${file}:${start + 1}-${starts[index + 1] ?? lines.length}`);
}
