// Builds the page when its sources are newer than what was built, so that a fresh clone has one and a second start is quick.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = `${root}web`;
const built = `${source}/dist/index.html`;

/** Time of the last change at or below the path. A folder's own time tells of removed files. */
function changedAt(path) {
  const entry = statSync(path, { throwIfNoEntry: false });
  if (entry === undefined) return 0;
  if (!entry.isDirectory()) return entry.mtimeMs;
  return Math.max(entry.mtimeMs, ...readdirSync(path).map((name) => changedAt(`${path}/${name}`)));
}

if (!existsSync(`${source}/index.html`)) {
  console.error('The page is not built: there is no web/index.html. Everything else works without it.');
} else {
  const inputs = ['src', 'public', 'index.html', 'vite.config.ts', 'package.json'].map((name) => `${source}/${name}`);
  const changed = Math.max(...[...inputs, `${root}proto`, `${root}package-lock.json`].map(changedAt));
  if (changedAt(built) < changed) {
    const started = performance.now();
    await build({ configFile: `${source}/vite.config.ts`, logLevel: 'warn' });
    console.error(`Built the page in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
  }
}
