import { open, type FileHandle } from 'node:fs/promises';
import type { Spool } from '../ports/spool.ts';

/** The log spool in one file. */
export class DiskSpool implements Spool {
  readonly slots: number;
  readonly slotBytes = 65_536;
  readonly #handle: FileHandle;

  private constructor(handle: FileHandle, slots: number) {
    this.#handle = handle;
    this.slots = slots;
  }

  static async open(path: string, mostBytes: number): Promise<DiskSpool> {
    return new DiskSpool(await open(path, 'w+', 0o600), Math.floor(mostBytes / 65_536));
  }

  async write(slot: number, bytes: Uint8Array): Promise<void> {
    const { bytesWritten } = await this.#handle.write(bytes, 0, bytes.length, slot * this.slotBytes);
    if (bytesWritten < bytes.length) throw new Error(`only ${bytesWritten} of ${bytes.length} bytes were written`);
  }

  async read(slot: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    const { bytesRead } = await this.#handle.read(bytes, 0, length, slot * this.slotBytes);
    if (bytesRead < length) throw new Error(`only ${bytesRead} of ${length} bytes could be read`);
    return bytes;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
