/**
 * The file under the ledger. `append` resolves when the bytes are on the disk (fsync); appends made in one turn of the
 * loop share one fsync. A crash may leave any prefix of the last append: the reader heals that. Operations take effect
 * in the order of their calls, whatever they wait for; after one of them rejected, the file is not written any more.
 */
export interface AppendFile {
  read(): Promise<Uint8Array>;
  append(bytes: Uint8Array): Promise<void>;
  /** Replaces the whole content atomically (write aside, fsync, rename, fsync of the directory). */
  replace(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}
