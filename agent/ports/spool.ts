/**
 * Room for log blocks that memory should not hold, in numbered slots of equal size. A cache: it starts empty with the
 * process, nothing is synced, and what cannot be written or read again is a gap in a log and never an error of the work.
 */
export interface Spool {
  /** Slots there are. */
  readonly slots: number;
  /** Largest block, in bytes. */
  readonly slotBytes: number;
  write(slot: number, bytes: Uint8Array): Promise<void>;
  read(slot: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}
