import { join } from 'node:path';
import type { Logger } from '../ports/logger.ts';
import { lateReferencesIn, resolveLate } from '@fairlead/proto/expressions/late.ts';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import { canonicalJson, type Json } from '@fairlead/proto/model/json.ts';
import type { Scheduler, System } from '@fairlead/proto/model/system.ts';
import type { ArtifactRef, ArtifactSource, Releases } from '@fairlead/proto/model/task.ts';
import type { LocalArtifact } from '../platforms/platform.ts';
import { directoryVersions } from './directory-source.ts';
import { download } from './download.ts';
import { ArtifactFiles } from './files.ts';
import { httpVersions } from './http-source.ts';
import { newestFirst } from './match.ts';
import { ArtifactMemory } from './memory.ts';
import { scriptVersions } from './script-source.ts';
import { MAX_VERSIONS, type ArtifactVersion } from './version.ts';

export interface ArtifactsOptions {
  /** The agent's data directory; files go to `artifacts/` in it. */
  readonly directory: string;
  readonly system: System;
  readonly logger: Logger;
  /** The value of a secret, for the headers of a source. */
  readonly secret: (name: string) => Promise<string>;
  readonly maxBytes?: number;
}

export interface Artifacts {
  /** What the source offers, newest first. Rejects with a FailureError. */
  versions(source: ArtifactSource, signal?: AbortSignal): Promise<readonly ArtifactVersion[]>;
  /**
   * The build as a local file, checked. From the cache when it is there; asked of the source otherwise, and when
   * the source is away, from what was fetched of this build before. Tasks that want the same build share one download.
   */
  fetch(reference: ArtifactRef, signal?: AbortSignal): Promise<LocalArtifact>;
  /**
   * Keeps it for the mapping, until newer ones take its place, so that a rollback needs no source: with those before it,
   * `keep` in all, and those of `good` among them however old. Without releases, three.
   */
  pin(mapping: string, sha256: string, releases?: Pick<Releases, 'keep' | 'good'>): Promise<void>;
}

const MAX_BYTES = 20 * 1_024 ** 3;
/** A signal of its own for each use: listeners on a shared one would pile up. */
const never = (): AbortSignal => new AbortController().signal;

export async function createArtifacts(options: ArtifactsOptions): Promise<Artifacts> {
  const { system, logger } = options;
  const directory = join(options.directory, 'artifacts');
  const files = await ArtifactFiles.open(directory, system.ids);
  const memory = await ArtifactMemory.open(join(directory, 'memory.json'));
  const underway = new Map<string, Promise<LocalArtifact>>();

  const headersOf = async (source: ArtifactSource): Promise<Record<string, string>> => {
    const headers: Record<string, string> = {};
    if (source.kind !== 'HTTP') return headers;
    for (const [name, late] of Object.entries(source.headers ?? {})) {
      const secrets = new Map<string, string>();
      for (const reference of lateReferencesIn(late)) {
        if (reference.late === 'secret') secrets.set(reference.name, await options.secret(reference.name));
      }
      const filled = resolveLate(late, (reference) =>
        reference.late === 'secret' ? secrets.get(reference.name) : undefined,
      );
      if (typeof filled !== 'string') throw new FailureError(filled);
      headers[name] = filled;
    }
    return headers;
  };

  const fetchNow = async (reference: ArtifactRef, key: string, signal: AbortSignal): Promise<LocalArtifact> => {
    const known = memory.fetched(key);
    // With a checksum told, this is reached only because there is no such file.
    const cached =
      known === null || reference.sha256 !== null ? null : await files.find(known.sha256, system.clock.now());
    try {
      const headers = await headersOf(reference.source);
      const got = await download(reference, headers, cached === null ? null : (known?.validator ?? null), signal);
      if (got === 'unchanged' && cached !== null) return cached;
      if (got === 'unchanged')
        throw new FailureError(failure('ARTIFACT_UNAVAILABLE', `${reference.location} was not sent`));
      const added = await files.add(got.content, (sha256) => check(reference, sha256));
      await memory.remember(key, { sha256: added.sha256, validator: got.validator });
      await files.prune(options.maxBytes ?? MAX_BYTES, new Set([...memory.pinned(), added.sha256]), system.clock.now());
      return added;
    } catch (error) {
      const full = error instanceof FailureError && error.failures[0].code === 'DISK_FULL';
      // So that the next try has room, and the ledger, which lies on the same disk.
      if (full) await files.prune(0, memory.pinned(), system.clock.now());
      const away = error instanceof FailureError && error.failures[0].code === 'ARTIFACT_UNAVAILABLE';
      if (!away || cached === null) throw error;
      logger.warn(
        { build: reference.build, reason: error.message },
        'the artifact source is away: using what was fetched before',
      );
      return cached;
    }
  };

  return {
    versions: async (source, signal = never()) => {
      const versions = await versionsOf(source, () => headersOf(source), system.scheduler, signal);
      return versions.sort(newestFirst).slice(0, MAX_VERSIONS);
    },
    fetch: async (reference, signal = never()) => {
      if (reference.sha256 !== null) {
        const found = await files.find(reference.sha256, system.clock.now());
        if (found !== null) return found;
      }
      const { source, build, fileName, location, sha256 } = reference;
      // A source is plain data by its type; the compiler only misses an index signature.
      const key = canonicalJson([source as unknown as Json, build, fileName, location]);
      const shared = `${sha256 ?? ''} ${key}`;
      const started = underway.get(shared);
      // Nobody's cancel may end a download that others wait for; the one who leaves only stops waiting.
      const fetching = started ?? fetchNow(reference, key, never()).finally(() => underway.delete(shared));
      if (started === undefined) underway.set(shared, fetching);
      return unless(signal, fetching);
    },
    pin: (mapping, sha256, releases) =>
      memory.pin(
        mapping,
        sha256,
        releases?.keep,
        releases?.good.flatMap((each) => each.sha256 ?? []),
      ),
  };
}

function versionsOf(
  source: ArtifactSource,
  headers: () => Promise<Record<string, string>>,
  scheduler: Scheduler,
  signal: AbortSignal,
): Promise<ArtifactVersion[]> {
  switch (source.kind) {
    case 'DIRECTORY':
      return directoryVersions(source);
    case 'HTTP':
      return headers().then((filled) => httpVersions(source, filled, signal));
    case 'SCRIPT':
      return scriptVersions(source, scheduler, signal);
  }
}

function check(reference: ArtifactRef, sha256: string): void {
  if (reference.sha256 === null || reference.sha256.toLowerCase() === sha256) return;
  throw new FailureError(
    failure(
      'CHECKSUM_MISMATCH',
      `build ${reference.build} of ${reference.service} (${reference.fileName}) is not what it was: sha256 ${sha256} instead of ${reference.sha256}`,
    ),
  );
}

function unless<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const aborted = (): void =>
      reject(new FailureError(failure('CANCELED', 'stopped while it waited for an artifact')));
    if (signal.aborted) aborted();
    else signal.addEventListener('abort', aborted, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted));
  });
}
