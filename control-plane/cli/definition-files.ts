/** What `-f` names: files, directories (every .yaml and .yml below) and `-` for standard input. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { SourceFile } from '../app/use-cases.ts';
import { usage } from './cli-error.ts';

export function readDefinitions(names: readonly string[]): readonly SourceFile[] {
  const problems: string[] = [];
  const files = names.flatMap((name) => {
    try {
      return name === '-' ? [{ name: '<stdin>', text: readFileSync(0, 'utf8') }] : readPath(name);
    } catch (error) {
      problems.push(`-f ${name}: cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
      return [];
    }
  });
  if (problems.length > 0) throw usage(...problems);
  if (files.length === 0) throw usage(`-f ${names.join(' ')}: holds no .yaml or .yml file. Name one.`);
  return files;
}

function readPath(name: string): readonly SourceFile[] {
  if (!statSync(name).isDirectory()) return [{ name, text: readFileSync(name, 'utf8') }];
  return readdirSync(name, { recursive: true, encoding: 'utf8' })
    .filter((entry) => /\.ya?ml$/.test(entry))
    .sort()
    .map((entry) => path.join(name, entry))
    .filter((file) => statSync(file).isFile())
    .map((file) => ({ name: file, text: readFileSync(file, 'utf8') }));
}
