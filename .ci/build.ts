/**
 * Makes `dist/`, which is what the packed tarball runs: the command and the agent, each one file with everything inside
 * but what is native, the contract they read at run time, and the page.
 */
import { execFileSync } from 'node:child_process';
import { build } from 'esbuild';
import type { BuildOptions } from 'esbuild';
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = `${root}dist`;

/** Bundled CommonJS asks by `require` for Node's own modules, and where it lies: an ES module has neither by itself. */
const COMMONJS = [
  "import { createRequire as createRequireOfBundle } from 'node:module';",
  "import { fileURLToPath as pathOfBundle } from 'node:url';",
  'const require = createRequireOfBundle(import.meta.url);',
  'const __filename = pathOfBundle(import.meta.url);',
  "const __dirname = pathOfBundle(new URL('.', import.meta.url));",
];

const PROGRAMS = [
  { entry: 'control-plane/cli/main.ts', name: 'fairlead' },
  { entry: 'agent/main.ts', name: 'fairlead-agent' },
] as const;

/** Optional companions of the MongoDB driver, each asked for in a try. */
const MONGODB_EXTRAS = [
  '@aws-sdk/credential-providers',
  '@mongodb-js/zstd',
  '@napi-rs/snappy*',
  'gcp-metadata',
  'kerberos',
  'mongodb-client-encryption',
  'snappy',
  'socks',
];

const optionsFor = (entry: string, name: string): BuildOptions => ({
  absWorkingDir: root,
  entryPoints: [entry],
  outfile: `${dist}/${name}.js`,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  legalComments: 'linked',
  logLevel: 'warning',
  banner: { js: ['#!/usr/bin/env node', ...COMMONJS].join('\n') },
  // libsql is native and a dependency of the tarball. The others are optional: who asks for them does without.
  external: ['libsql', 'cpu-features', '*.node', ...MONGODB_EXTRAS],
});

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
for (const { entry, name } of PROGRAMS) {
  if (!existsSync(`${root}${entry}`)) throw new Error(`${entry} does not exist: there is nothing to build from.`);
  await build(optionsFor(entry, name));
  chmodSync(`${dist}/${name}.js`, 0o755);
}
copyFileSync(`${root}proto/fairlead/v1/agent.proto`, `${dist}/agent.proto`);
execFileSync(process.execPath, [`${root}.ci/build-web.mjs`], { stdio: 'inherit' });
if (!existsSync(`${root}web/dist/index.html`)) throw new Error('web/dist is missing: the page was not built.');
cpSync(`${root}web/dist`, `${dist}/web`, { recursive: true });
