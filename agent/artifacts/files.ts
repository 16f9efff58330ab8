import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, statfs, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { Ids } from '@fairlead/proto/model/system.ts';
import type { LocalArtifact } from '../platforms/platform.ts';

const NAME = /^[0-9a-f]{64}$/;
/** A file used so lately may be in the hands of an upload. */
const IN_USE_MS = 3_600_000;
/** Room to leave on the disk: without any, the agent cannot write its ledger, and ends. */
const ROOM_BYTES = 512 * 1_024 ** 2;

/** Files by the checksum of their content. What has its final name is whole and on the disk. */
export class ArtifactFiles {
  readonly #directory: string;
  readonly #ids: Ids;

  private constructor(directory: string, ids: Ids) {
    this.#directory = directory;
    this.#ids = ids;
  }

  static async open(directory: string, ids: Ids): Promise<ArtifactFiles> {
    await mkdir(directory, { recursive: true });
    // Parts of a process that is gone.
    for (const name of await readdir(directory)) {
      if (name.endsWith('.part')) await rm(join(directory, name), { force: true });
    }
    return new ArtifactFiles(directory, ids);
  }

  async find(sha256: string, now: number): Promise<LocalArtifact | null> {
    const path = join(this.#directory, sha256);
    const info = NAME.test(sha256) ? await stat(path).catch(() => null) : null;
    if (info === null) return null;
    await utimes(path, new Date(now), info.mtime).catch(() => undefined);
    return { path, sha256, bytes: info.size };
  }

  /** Writes what comes and keeps it if `accept` likes its checksum; otherwise nothing is left of it. */
  async add(content: AsyncIterable<Uint8Array>, accept: (sha256: string) => void): Promise<LocalArtifact> {
    const part = join(this.#directory, `${this.#ids.unique('')}.part`);
    const hash = createHash('sha256');
    let bytes = 0;
    const file = await open(part, 'wx', 0o600);
    try {
      try {
        for await (const chunk of content) {
          hash.update(chunk);
          bytes += chunk.length;
          await file.writeFile(chunk);
        }
        await file.sync();
      } finally {
        await file.close();
      }
      const sha256 = hash.digest('hex');
      accept(sha256);
      const path = join(this.#directory, sha256);
      await rename(part, path);
      await syncDirectory(this.#directory);
      return { path, sha256, bytes };
    } catch (error) {
      await rm(part, { force: true });
      throw noRoom(error) ?? error;
    }
  }

  /**
   * Removes what was not used for longest, down to so many bytes and until there is room on the disk; what is kept stays
   * whatever the size.
   */
  async prune(maxBytes: number, keep: ReadonlySet<string>, now: number, roomBytes = ROOM_BYTES): Promise<void> {
    const files: { path: string; bytes: number; used: number; free: boolean }[] = [];
    for (const name of await readdir(this.#directory)) {
      const path = join(this.#directory, name);
      const info = NAME.test(name) ? await stat(path).catch(() => null) : null;
      if (info === null) continue;
      const free = !keep.has(name) && info.atimeMs < now - IN_USE_MS;
      files.push({ path, bytes: info.size, used: info.atimeMs, free });
    }
    const { bavail, bsize } = await statfs(this.#directory);
    let total = files.reduce((sum, file) => sum + file.bytes, 0);
    let room = bavail * bsize;
    for (const file of files.filter((each) => each.free).sort((a, b) => a.used - b.used)) {
      if (total <= maxBytes && room >= roomBytes) return;
      await rm(file.path, { force: true });
      total -= file.bytes;
      room += file.bytes;
    }
  }
}

/** The disk of the agent is full, as a failure; null where it is something else. */
function noRoom(error: unknown): FailureError | null {
  const { code } = error instanceof Error && 'code' in error ? error : { code: null };
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return null;
  return new FailureError(failure('DISK_FULL', 'no space left on the agent to keep the artifact'));
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
