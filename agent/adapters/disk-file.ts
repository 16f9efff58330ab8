import { fdatasync, writeSync } from 'node:fs';
import { open, readFile, rename, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers';
import { promisify } from 'node:util';
import type { AppendFile } from '../ports/append-file.ts';

interface Append {
  readonly bytes: Uint8Array;
  resolve(): void;
  reject(error: unknown): void;
}

/** An AppendFile on disk. What is appended while one sync is under way shares the next. */
export class DiskFile implements AppendFile {
  readonly #path: string;
  #handle: FileHandle;
  /** What shares the next sync: open until its turn has come, or something else was asked for after it. */
  #batch: Append[] | null = null;
  /** Everything asked for so far, in order. */
  #queue: Promise<void> = Promise.resolve();
  #failed: Error | null = null;

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  static async open(path: string): Promise<DiskFile> {
    const file = new DiskFile(path, await open(path, 'a', 0o600));
    await syncDirectory(path);
    return file;
  }

  read(): Promise<Uint8Array> {
    return readFile(this.#path);
  }

  append(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#batch === null) {
        const batch: Append[] = [];
        this.#batch = batch;
        // Its place in the order is taken now; how much goes with it is known when its turn comes.
        this.#queue = this.#queue.then(() => this.#flush(batch));
      }
      this.#batch.push({ bytes, resolve, reject });
    });
  }

  replace(bytes: Uint8Array): Promise<void> {
    return this.#inOrder(async () => {
      const aside = `${this.#path}.new`;
      const handle = await open(aside, 'w', 0o600);
      try {
        await handle.writeFile(bytes);
        await handle.datasync();
      } finally {
        await handle.close();
      }
      await rename(aside, this.#path);
      await syncDirectory(this.#path);
      await this.#handle.close();
      this.#handle = await open(this.#path, 'a', 0o600);
    });
  }

  /** Also after a failure: an agent may be started again in the same process. */
  close(): Promise<void> {
    this.#batch = null;
    return this.#queue.then(() => this.#handle.close());
  }

  #inOrder(operation: () => Promise<void>): Promise<void> {
    this.#batch = null;
    const done = this.#queue.then(async () => {
      if (this.#failed !== null) throw this.#failed;
      await this.#guard(operation);
    });
    this.#queue = done.catch(() => {});
    return done;
  }

  async #flush(appends: readonly Append[]): Promise<void> {
    // Everything else that happens in this turn comes along.
    await new Promise<void>((resolve) => void nextTurn(resolve));
    if (this.#batch === appends) this.#batch = null;
    try {
      if (this.#failed !== null) throw this.#failed;
      await this.#guard(async () => {
        const { fd } = this.#handle;
        // Only the sync waits for the disk: to write a few lines elsewhere costs more than to write them.
        writeAll(fd, Buffer.concat(appends.map(({ bytes }) => bytes)));
        await datasync(fd);
      });
      for (const { resolve } of appends) resolve();
    } catch (error) {
      for (const { reject } of appends) reject(error);
    }
  }

  async #guard(operation: () => Promise<void>): Promise<void> {
    try {
      await operation();
    } catch (error) {
      this.#failed = error instanceof Error ? error : new Error(String(error));
      throw this.#failed;
    }
  }
}

const datasync = promisify(fdatasync);

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
}

/** A new name in a directory is only sure when the directory is. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
