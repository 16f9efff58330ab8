import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ArtifactRef, ArtifactSource } from '@fairlead/proto/model/task.ts';
import { realSystem } from '../../test/support/ssh-host/system.ts';
import { SILENT } from '../ports/logger.ts';
import { createArtifacts, type Artifacts } from './index.ts';
import { artifactVersionsQuery } from './query.ts';

let data = '';
let builds = '';
let server: http.Server;
let base = '';
let artifacts: Artifacts;
const asked: { url: string; headers: http.IncomingHttpHeaders }[] = [];
let handler: (url: string, response: http.ServerResponse) => void;

const open = (maxBytes?: number): Promise<Artifacts> =>
  createArtifacts({
    directory: data,
    system: realSystem,
    logger: SILENT,
    secret: (name) => Promise.resolve(`value of ${name}`),
    ...(maxBytes === undefined ? {} : { maxBytes }),
  });

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'fairlead-artifacts-test-'));
  builds = join(data, 'builds');
  await mkdir(builds);
  asked.length = 0;
  server = http.createServer((request, response) => {
    asked.push({ url: request.url ?? '', headers: request.headers });
    handler(request.url ?? '', response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/web/`;
  artifacts = await open();
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(data, { recursive: true, force: true });
});

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
const directory = (): ArtifactSource => ({
  kind: 'DIRECTORY',
  path: builds,
  match: String.raw`web-(?<build>[\d.]+)\.tgz`,
});
const reference = (
  source: ArtifactSource,
  build: string,
  location: string,
  sha256: string | null = null,
): ArtifactRef => ({
  service: 'web',
  source,
  build,
  fileName: `web-${build}.tgz`,
  location,
  sha256,
  metadata: {},
});
const code = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no failure',
    (error: { failures?: { code: string }[] }) => error.failures?.[0]?.code ?? String(error),
  );

describe('versions', () => {
  test('of a directory: whole names only, newest first in natural order', async () => {
    for (const name of ['web-9.tgz', 'web-10.tgz', 'web-1.9.tgz', 'web-1.10.tgz', 'web-7.tgz.sha256', 'other-3.tgz']) {
      await writeFile(join(builds, name), name);
    }
    const versions = await artifacts.versions(directory());
    expect(versions.map((version) => version.build)).toEqual(['10', '9', '1.10', '1.9']);
    expect(versions[0]).toEqual({
      build: '10',
      fileName: 'web-10.tgz',
      location: 'web-10.tgz',
      sha256: null,
      metadata: {},
    });
  });

  test('below a directory, when the pattern has a slash', async () => {
    await mkdir(join(builds, '12'));
    await writeFile(join(builds, '12/web.tgz'), '');
    const source: ArtifactSource = { kind: 'DIRECTORY', path: builds, match: String.raw`(?<build>\d+)/web\.tgz` };
    expect(await artifacts.versions(source)).toMatchObject([
      { build: '12', fileName: 'web.tgz', location: '12/web.tgz' },
    ]);
  });

  test('of a page: its links, whatever their form; secrets in headers', async () => {
    handler = (_url, response) =>
      response.end(
        `<a href="web-1.tgz">1</a> <A HREF='${base}web-3.tgz?x=1&amp;y=2#top'>3</A> <a href=./web-2.tgz>2</a> <a href="mailto:x">m</a>`,
      );
    const source: ArtifactSource = {
      kind: 'HTTP',
      url: base,
      match: String.raw`web-(?<build>\d+)\.tgz`,
      headers: { authorization: { parts: ['Bearer ', { late: 'secret', name: 'env:T' }] } },
    };
    const versions = await artifacts.versions(source);
    expect(versions.map((version) => version.location)).toEqual([
      `${base}web-3.tgz?x=1&y=2`,
      `${base}web-2.tgz`,
      `${base}web-1.tgz`,
    ]);
    expect(asked[0]?.headers.authorization).toBe('Bearer value of env:T');
  });

  test('of a JSON list', async () => {
    handler = (_url, response) =>
      response.end(JSON.stringify(['web-1.tgz', { name: 'web-2.tgz' }, { url: `${base}sub/web-4.tgz` }, 7]));
    const source: ArtifactSource = { kind: 'HTTP', url: base, match: String.raw`web-(?<build>\d+)\.tgz` };
    expect((await artifacts.versions(source)).map((version) => version.build)).toEqual(['4', '2', '1']);
  });

  test('of a script', async () => {
    const script = `echo noise; printf '[{"build":7,"url":"${base}web-7.tgz"},{"buildNo":"8","path":"${builds}/w","fileName":"w.tgz","sha256":"${'A'.repeat(64)}"}]' > "$ARTIFACT_RESULT_PATH"`;
    expect(await artifacts.versions({ kind: 'SCRIPT', script })).toEqual([
      { build: '8', fileName: 'w.tgz', location: `${builds}/w`, sha256: 'a'.repeat(64), metadata: {} },
      { build: '7', fileName: 'web-7.tgz', location: `${base}web-7.tgz`, sha256: null, metadata: {} },
    ]);
    expect(await code(artifacts.versions({ kind: 'SCRIPT', script: 'echo boom >&2; exit 2' }))).toBe(
      'ARTIFACT_UNAVAILABLE',
    );
    expect(await code(artifacts.versions({ kind: 'SCRIPT', script: 'echo "[{}]" > "$ARTIFACT_RESULT_PATH"' }))).toBe(
      'ARTIFACT_UNAVAILABLE',
    );
    expect(await code(artifacts.versions({ kind: 'SCRIPT', script: 'true' }))).toBe('ARTIFACT_UNAVAILABLE');
  });

  test('a pattern without a build group, one that is none, and a source that is away are told', async () => {
    expect(await code(artifacts.versions({ kind: 'DIRECTORY', path: builds, match: 'web-.*' }))).toBe('INVALID_INPUT');
    expect(await code(artifacts.versions({ kind: 'DIRECTORY', path: builds, match: '(' }))).toBe('INVALID_INPUT');
    expect(await code(artifacts.versions({ kind: 'DIRECTORY', path: join(builds, 'no'), match: '(?<build>x)' }))).toBe(
      'ARTIFACT_UNAVAILABLE',
    );
    expect(await code(artifacts.versions({ kind: 'HTTP', url: 'http://127.0.0.1:1/', match: '(?<build>x)' }))).toBe(
      'ARTIFACT_UNAVAILABLE',
    );
    handler = (_url, response) => response.writeHead(404).end();
    expect(await code(artifacts.versions({ kind: 'HTTP', url: base, match: '(?<build>x)' }))).toBe(
      'ARTIFACT_UNAVAILABLE',
    );
  });

  test('a bomb of a pattern takes no time', async () => {
    await writeFile(join(builds, 'a'.repeat(200)), '');
    const started = performance.now();
    await artifacts.versions({ kind: 'DIRECTORY', path: builds, match: '(?<build>(a+)+)!' });
    expect(performance.now() - started).toBeLessThan(500);
  });

  test('answer the query with as many of the newest as one answer carries', async () => {
    const versions = Array.from({ length: 1_000 }, (_each, index) => ({
      build: String(1_000 - index),
      fileName: 'a.tgz',
      location: `https://builds.example/a.tgz?signature=${'x'.repeat(2_000)}`,
      sha256: null,
      metadata: {},
    }));
    const query = artifactVersionsQuery({ versions: () => Promise.resolve(versions) });
    const told = (await query({ source: { ...directory() } as never })) as readonly { build: string }[];
    expect(told[0]?.build).toBe('1000');
    expect(told.length).toBeGreaterThan(400);
    expect(JSON.stringify({ ok: { answer: 'result', value: told } }).length).toBeLessThanOrEqual(1_000_000);
  });

  test('answer the query', async () => {
    await writeFile(join(builds, 'web-1.tgz'), '');
    const query = artifactVersionsQuery(artifacts);
    expect(await query({ source: { ...directory() } as never })).toMatchObject([{ build: '1' }]);
    expect(await code(query({ source: { kind: 'FTP' } }))).toBe('INVALID_INPUT');
  });
});

describe('fetch', () => {
  test('keeps a file under its checksum and asks the source no more when it is known', async () => {
    await writeFile(join(builds, 'web-1.tgz'), 'one');
    const got = await artifacts.fetch(reference(directory(), '1', 'web-1.tgz'));
    expect(got).toEqual({ path: join(data, 'artifacts', sha('one')), sha256: sha('one'), bytes: 3 });
    expect(await readFile(got.path, 'utf8')).toBe('one');
    await rm(builds, { recursive: true });
    expect(await artifacts.fetch(reference(directory(), '1', 'web-1.tgz', sha('one')))).toEqual(got);
    expect(await (await open()).fetch(reference(directory(), '1', 'web-1.tgz'))).toEqual(got);
    expect(await code(artifacts.fetch(reference(directory(), '2', 'web-2.tgz')))).toBe('ARTIFACT_UNAVAILABLE');
  });

  test('a file that cannot be opened is a source that is away, and no error of the process', async () => {
    const socket = net.createServer();
    await new Promise<void>((resolve) => socket.listen(join(builds, 'web-1.tgz'), resolve));
    try {
      expect(await code(artifacts.fetch(reference(directory(), '1', 'web-1.tgz')))).toBe('ARTIFACT_UNAVAILABLE');
      await mkdir(join(builds, 'web-2.tgz'));
      expect(await code(artifacts.fetch(reference(directory(), '2', 'web-2.tgz')))).toBe('ARTIFACT_UNAVAILABLE');
    } finally {
      socket.close();
    }
  });

  test('a file that changed under its name is fetched anew, and refused where the checksum was told', async () => {
    await writeFile(join(builds, 'web-1.tgz'), 'one');
    await artifacts.fetch(reference(directory(), '1', 'web-1.tgz'));
    await writeFile(join(builds, 'web-1.tgz'), 'changed');
    expect((await artifacts.fetch(reference(directory(), '1', 'web-1.tgz'))).sha256).toBe(sha('changed'));
    await rm(join(data, 'artifacts', sha('one')));
    expect(await code(artifacts.fetch(reference(directory(), '1', 'web-1.tgz', sha('one'))))).toBe('CHECKSUM_MISMATCH');
    expect((await readdir(join(data, 'artifacts'))).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('many tasks share one download; an unchanged build is not sent again', async () => {
    let sent = 0;
    handler = (_url, response) => {
      const { 'if-none-match': match } = asked.at(-1)?.headers ?? {};
      if (match === '"v1"') return void response.writeHead(304).end();
      sent += 1;
      setTimeout(() => response.writeHead(200, { etag: '"v1"' }).end('content'), 50);
    };
    const source: ArtifactSource = { kind: 'HTTP', url: base, match: '(?<build>x)', headers: { 'x-token': 't' } };
    const wanted = reference(source, '5', `${base}web-5.tgz`);
    const all = await Promise.all(Array.from({ length: 20 }, () => artifacts.fetch(wanted)));
    expect(new Set(all.map((each) => each.sha256))).toEqual(new Set([sha('content')]));
    await artifacts.fetch(wanted);
    expect(sent).toBe(1);
    expect(asked[0]?.headers['x-token']).toBe('t');
  });

  test('an answer that breaks off is no file', async () => {
    handler = (_url, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('part');
      setTimeout(() => response.destroy(), 20);
    };
    const source: ArtifactSource = { kind: 'HTTP', url: base, match: '(?<build>x)' };
    expect(await code(artifacts.fetch(reference(source, '5', `${base}web-5.tgz`)))).toBe('ARTIFACT_UNAVAILABLE');
    expect((await readdir(join(data, 'artifacts'))).filter((name) => name !== 'memory.json')).toEqual([]);
  });

  test('a location that leads out of the directory is refused', async () => {
    await writeFile(join(data, 'secret'), 'x');
    expect(await code(artifacts.fetch(reference(directory(), '1', '../secret')))).toBe('INVALID_INPUT');
    expect(await code(artifacts.fetch(reference(directory(), '1', join(data, 'secret'))))).toBe('INVALID_INPUT');
  });

  test('one who stops waiting does not end the download of the others', async () => {
    handler = (_url, response) => void setTimeout(() => response.end('content'), 100);
    const wanted = reference({ kind: 'HTTP', url: base, match: '(?<build>x)' }, '5', `${base}web-5.tgz`);
    const leaving = new AbortController();
    const first = code(artifacts.fetch(wanted, leaving.signal));
    const second = artifacts.fetch(wanted);
    leaving.abort();
    expect(await first).toBe('CANCELED');
    expect((await second).bytes).toBe(7);
  });
});

test('pins outlive the cache limit: the build that runs and the two before it', async () => {
  artifacts = await open(10);
  const old = new Date(Date.now() - 7_200_000);
  for (const build of ['1', '2', '3', '4', '5']) {
    await writeFile(join(builds, `web-${build}.tgz`), `content ${build}`);
    const { sha256, path } = await artifacts.fetch(reference(directory(), build, `web-${build}.tgz`));
    await artifacts.pin('web/prod/dc1', sha256);
    await utimes(path, old, old);
  }
  artifacts = await open(10);
  await writeFile(join(builds, 'web-6.tgz'), 'content 6');
  await artifacts.fetch(reference(directory(), '6', 'web-6.tgz'));
  await rm(builds, { recursive: true });
  const kept = await Promise.all(
    ['1', '2', '3', '4', '5', '6'].map(
      async (build) => (await stat(join(data, 'artifacts', sha(`content ${build}`))).catch(() => null)) !== null,
    ),
  );
  expect(kept).toEqual([false, false, true, true, true, true]);
  expect((await artifacts.fetch(reference(directory(), '4', 'web-4.tgz', sha('content 4')))).bytes).toBe(9);
});

test('so many are pinned as the service keeps, good ones however old, and a rollback lets none of them go', async () => {
  artifacts = await open(1);
  const pin = async (build: string, keep?: number, good: readonly string[] = []): Promise<void> => {
    await writeFile(join(builds, `web-${build}.tgz`), `content ${build}`);
    const { sha256, path } = await artifacts.fetch(reference(directory(), build, `web-${build}.tgz`));
    const releases = good.map((each) => ({ id: each, fileName: each, sha256: sha(`content ${each}`) }));
    await artifacts.pin('web/prod/dc1', sha256, keep === undefined ? undefined : { keep, good: releases });
    await utimes(path, new Date(0), new Date(0));
  };
  const kept = async (): Promise<readonly string[]> => {
    await writeFile(join(builds, 'other.tgz'), `${Math.random()}`);
    await artifacts.fetch(reference(directory(), '0', 'other.tgz'));
    const found = ['1', '2', '3', '4', '5', '6', '7'].map(async (build) =>
      (await stat(join(data, 'artifacts', sha(`content ${build}`))).catch(() => null)) === null ? [] : [build],
    );
    return (await Promise.all(found)).flat();
  };
  for (const build of ['1', '2', '3', '4', '5']) await pin(build, 5);
  expect(await kept()).toEqual(['1', '2', '3', '4', '5']);
  await pin('4');
  expect(await kept()).toEqual(['1', '2', '3', '4', '5']);
  await pin('6', 2, ['1']);
  expect(await kept()).toEqual(['1', '4', '6']);
  // Whatever became of the tries in between.
  await pin('7', 1, ['1']);
  expect(await kept()).toEqual(['1', '6', '7']);
});
