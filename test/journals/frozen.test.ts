import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { NO_CRASH } from '@fairlead/proto/model/crash-points.ts';
import { z } from 'zod';
import { ENGINE, ENGINE_VERSION } from '../../control-plane/app/engine.ts';
import { History } from '../../control-plane/app/history.ts';
import { journalCodec } from '../../control-plane/app/journal-codec.ts';
import { replay } from '../../control-plane/app/replay.ts';
import { createMemoryStore } from '../support/memory-store/index.ts';
import { realSystem } from '../../control-plane/adapters/system/index.ts';
import { frozenNames, manifestFile, outcomeOf, readFrozen, readManifest, readText, sha256 } from './frozen-journal.ts';
import { EVENTS } from './event-kinds.ts';
import { SAMPLES } from './samples.ts';

const manifest = readManifest();

/** Frozen by an engine that decided otherwise, and why: whoever adds one raises `ENGINE_VERSION`. */
const DECIDED_OTHERWISE: Readonly<Record<string, string>> = {
  'rolling-success': '2: what is published says by which step',
  unknown: '2: what was stopped because its time was over has failed for that, and was not canceled',
};

describe('frozen journals', () => {
  it('are those of the manifest, every byte of them', () => {
    const found = Object.fromEntries(frozenNames().map((name) => [name, sha256(readText(name))]));
    expect(found).toEqual(Object.fromEntries(manifest));
  });

  it('are of every sample there is', () => {
    expect([...manifest.keys()]).toEqual(expect.arrayContaining(Object.keys(SAMPLES)));
  });

  it('hold every kind of event', () => {
    const seen = new Set([...manifest.keys()].flatMap(eventsOf));
    expect(EVENTS.filter((kind) => !seen.has(kind))).toEqual([]);
  });

  it('were never taken away or replaced since they were frozen', () => {
    expect(linesEverRemoved()).toEqual([]);
    const hashes = readFileSync(manifestFile, 'utf8').trim().split('\n');
    expect(new Set(hashes.map((line) => line.split('  ')[1])).size).toBe(hashes.length);
  });

  it('are decided otherwise only where the engine has another version than theirs', () => {
    const engines = Object.keys(DECIDED_OTHERWISE).flatMap((name) =>
      readFrozen(name).records.map(({ body }) => engineOf(body)),
    );
    expect(Math.max(...engines)).toBeLessThan(ENGINE_VERSION);
  });

  describe.each([...manifest.keys()])('%s', (name) => {
    it('is read, folds to the same, and is decided the same', async () => {
      const frozen = readFrozen(name);
      const store = createMemoryStore();
      for (const [hash, text] of Object.entries(frozen.blobs)) {
        expect(await store.blobs.put(new TextEncoder().encode(text))).toBe(hash);
      }
      for (const record of frozen.records) expect(await store.journal.append(record)).toBe('appended');
      const history = new History(store.journal, journalCodec(store.blobs), ENGINE, realSystem.scheduler, NO_CRASH);
      const loaded = await history.load('x1');
      const { execution } = loaded;
      if (execution === null) throw new Error('it is empty');
      expect(outcomeOf(execution)).toEqual(frozen.outcome);
      const again = await replay(ENGINE, history, 'x1', loaded);
      expect(again.stateMatches).toBe(true);
      const differing = again.differences.map(({ reason }) => reason);
      if (Object.hasOwn(DECIDED_OTHERWISE, name)) expect(differing, 'decided the same again').not.toEqual([]);
      else expect(differing).toEqual([]);
    });
  });
});

const decisionsSchema = z.object({
  decisions: z.array(z.object({ events: z.array(z.object({ event: z.string() })) })),
});

const eventsOf = (name: string): readonly string[] =>
  readFrozen(name).records.flatMap(({ body }) =>
    decisionsSchema.parse(JSON.parse(body)).decisions.flatMap(({ events }) => events.map(({ event }) => event)),
  );

const engineOf = (body: string): number => z.object({ engine: z.int() }).parse(JSON.parse(body)).engine;

/** By the repository's own history; sources without one cannot have lost anything since. */
function linesEverRemoved(): readonly string[] {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: new URL('.', import.meta.url), encoding: 'utf8', stdio: 'pipe' });
  try {
    git('rev-parse', '--git-dir');
  } catch {
    return [];
  }
  const patches = git('log', '--format=', '-p', '--', manifestFile) + git('diff', 'HEAD', '--', manifestFile);
  return patches.split('\n').filter((line) => /^-[0-9a-f]{64} /.test(line));
}
