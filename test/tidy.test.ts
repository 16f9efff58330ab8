/** Style is a test: what the compiler and the linter cannot say about the shape of the repository. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { layerOf, mayImport } from './support/real/layers.ts';
import { repositoryFiles } from './support/real/suites.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const files = repositoryFiles(root);
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

const isGenerated = (file: string): boolean => /(^|\/)generated\/|\.generated\.ts$|\.d\.ts$/.test(file);
const isTest = (file: string): boolean => file.startsWith('test/') || /\.test\.tsx?$/.test(file);
const code = files.filter((file) => /\.(ts|tsx|mjs|java|go)$/.test(file) && !isGenerated(file));
const own = code.filter((file) => !isTest(file));
const THIS = 'test/tidy.test.ts';
/** Binary, third-party or written by a tool. */
const text = files.filter((file) => !/\.(png|ico|svg|woff2?|tgz|zip|gz|sum)$|package-lock\.json$|^LICENSE$/.test(file));

/** `file:line: text` of every line that matches. */
function linesWith(among: readonly string[], pattern: RegExp): readonly string[] {
  return among.flatMap((file) =>
    read(file)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
  );
}

describe('files', () => {
  it('hold one idea: none of our sources is over 300 lines', () => {
    const long = own.map((file) => [file, read(file).trimEnd().split('\n').length] as const);
    expect(long.filter(([, lines]) => lines > 300)).toEqual([]);
  });

  it('are named by what is inside', () => {
    const vague = /^(utils?|helpers?|common|manager|misc|shared|stuff)$|-(utils?|helpers?|manager|misc)$/;
    const nameless = files.filter((file) =>
      file.split('/').some((part) => vague.test(part.replace(/\..*$/, '').toLowerCase())),
    );
    expect(nameless).toEqual([]);
  });

  it('at the top are only these', () => {
    const files = 'package.json package-lock.json tsconfig.json README.md LICENSE CHANGELOG.md';
    const folders = 'proto control-plane agent web deploy test';
    const installedOrBuilt = 'node_modules dist';
    const known = new Set(`${files} ${folders} ${installedOrBuilt}`.split(' '));
    const strange = readdirSync(root).filter((name) => !name.startsWith('.') && !known.has(name));
    expect(strange.filter((name) => !/^fairlead-.*\.tgz$/.test(name))).toEqual([]);
  });

  it('speak of no unfinished work', () => {
    const unfinished = /\b(TODO|FIXME|XXX)\b|\b[Nn]ot implemented\b/;
    const silenced = /\b(it|test|describe|suite|bench)\.(skip|only|todo|skipIf|runIf)\b/;
    expect(
      linesWith(
        text.filter((file) => file !== THIS),
        unfinished,
      ),
    ).toEqual([]);
    expect(
      linesWith(
        code.filter((file) => file !== THIS),
        silenced,
      ),
    ).toEqual([]);
  });

  it('name no path of one machine and no registry', () => {
    const path = /(^|[\s'"`=:(])\/(work|root|home)\//;
    expect(
      linesWith(
        text.filter((file) => file !== THIS),
        path,
      ),
    ).toEqual([]);
    const registry = /registry\.npmjs\.org|proxy\.golang\.org|repo1?\.maven\.|pypi\.org|"resolved": "https?:/;
    expect(linesWith([...text.filter((file) => file !== THIS), 'package-lock.json'], registry)).toEqual([]);
  });
});

describe('code', () => {
  it('reads no clock outside its ports', () => {
    const exempt = /^(control-plane\/adapters\/system|agent\/platforms|agent\/adapters|web|\.ci)\//;
    const among = own.filter((file) => !exempt.test(file) && file !== 'agent/main.ts');
    expect(linesWith(among, /\bnew Date\(\s*\)/)).toEqual([]);
  });

  it('has no hole in its types', () => {
    const among = code.filter((file) => file !== THIS);
    expect(linesWith(among, /@ts-(ignore|nocheck|expect-error)|Stryker (disable|restore)/)).toEqual([]);
    // A rule may be wrong about a line; then the line says why.
    expect(linesWith(among, /\b(oxlint|eslint)-disable(?!.* -- \S)/)).toEqual([]);
  });

  it('depends one way', () => {
    const wrong = own.flatMap((file) => {
      const from = layerOf(file);
      if (from === null) return [];
      return importsOf(file).flatMap((target) => {
        const to = layerOf(target);
        return to === null || mayImport(from, to) ? [] : [`${file} (${from}) imports ${target} (${to})`];
      });
    });
    expect(wrong).toEqual([]);
  });

  it('imports only what it finds in its own package.json', () => {
    const missing = own.flatMap((file) => {
      const home = ['proto', 'control-plane', 'agent', 'web'].find((name) => file.startsWith(`${name}/`));
      if (home === undefined) return [];
      const listed = dependenciesOf(`${home}/package.json`);
      const dev = dependenciesOf('package.json', 'devDependencies');
      const config = file.endsWith('.config.ts');
      return specifiersOf(file)
        .filter((name) => !name.startsWith('.') && !name.startsWith('node:'))
        .map((name) =>
          name
            .split('/')
            .slice(0, name.startsWith('@') ? 2 : 1)
            .join('/'),
        )
        .filter((name) => listed[name] === undefined && !(config && dev[name] !== undefined))
        .map((name) => `${file}: ${name}`);
    });
    expect(missing).toEqual([]);
  });
});

describe('packages', () => {
  it('give the packed tarball the dependencies that are not bundled, in the version the workspaces use', () => {
    const rootDependencies = dependenciesOf('package.json');
    const workspaces = ['proto', 'control-plane', 'agent', 'web'].map((name) => dependenciesOf(`${name}/package.json`));
    for (const [name, version] of Object.entries(rootDependencies)) {
      const versions = workspaces.flatMap((each) => each[name] ?? []);
      expect(new Set(versions), `${name} is a dependency of the root and of no workspace`).toEqual(new Set([version]));
    }
  });

  it('lock every version that an optional dependency asks for, so that npm ci takes the lock', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      readonly packages: Readonly<Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>>;
    };
    const unlocked = Object.entries(packages).flatMap(([place, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies)
        .filter((name) => packages[`node_modules/${name}`] === undefined)
        .filter((name) => packages[`${place}/node_modules/${name}`] === undefined)
        .map((name) => `${place}: ${name}`),
    );
    expect(unlocked).toEqual([]);
  });
});

describe('documents', () => {
  const documents = files.filter((file) => file.endsWith('.md'));

  it('link to files that exist', () => {
    const broken = documents.flatMap((file) =>
      [
        ...read(file)
          .replace(/```[\s\S]*?```/g, '')
          .matchAll(/\]\(([^)\s]+)\)/g),
      ]
        .map(([, target = '']) => target.replace(/#.*$/, ''))
        .filter((target) => target !== '' && !/^[a-z]+:/.test(target))
        .filter((target) => !existsSync(join(root, dirname(file), decodeURI(target))))
        .map((target) => `${file}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('start with a README that can be read in one sitting', () => {
    const readme = files.filter((file) => file === 'README.md').map((file) => read(file).trimEnd().split('\n').length);
    expect(readme.filter((lines) => lines > 150)).toEqual([]);
  });
});

function specifiersOf(file: string): readonly string[] {
  if (!/\.(ts|tsx|mjs)$/.test(file)) return [];
  const source = read(file)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '');
  const statements =
    /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g;
  return [...source.matchAll(statements)].flatMap(([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? []);
}

/** Files of this repository that the file imports, as paths from the root. */
function importsOf(file: string): readonly string[] {
  return specifiersOf(file).flatMap((specifier) => {
    if (specifier.startsWith('.')) return [normalize(join(dirname(file), specifier))];
    const inWorkspace = /^@fairlead\/(proto|control-plane|agent|web)\/(.+)$/.exec(specifier);
    return inWorkspace === null ? [] : [`${String(inWorkspace[1])}/${String(inWorkspace[2])}`];
  });
}

function dependenciesOf(
  file: string,
  section: 'dependencies' | 'devDependencies' = 'dependencies',
): Readonly<Record<string, string>> {
  const manifest = JSON.parse(read(file)) as {
    readonly [Section in typeof section]?: Readonly<Record<string, string>>;
  };
  return manifest[section] ?? {};
}
