/** Files that come with Fairlead: beside the bundle in a release, in the source tree in development. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const find = (candidates: readonly string[]): string | null =>
  candidates.map((each) => fileURLToPath(new URL(each, import.meta.url))).find((file) => existsSync(file)) ?? null;

/** The built page; null when it was not built. */
export const webDirectory = (): string | null => find(['./web', '../../web/dist']);

export function exampleFile(name: string): string {
  const file = find([`../deploy/examples/${name}`, `../../deploy/examples/${name}`]);
  if (file === null) throw new Error(`deploy/examples/${name} is missing from this installation`);
  return file;
}

/** What a person types to run the command as it was run now: from the sources, by npx, or installed. */
export function commandName(environment: Readonly<Record<string, string | undefined>>): string {
  if (import.meta.url.endsWith('.ts')) return 'npm run fairlead --';
  return environment['npm_command'] === 'exec' ? 'npx fairlead' : 'fairlead';
}
