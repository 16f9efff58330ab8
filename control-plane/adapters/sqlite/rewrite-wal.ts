/**
 * Writes a write-ahead log again whose sync failed. After that the kernel takes what it could not write for written, and may
 * forget it; so a second sync proves nothing. What can still be read of the log is compared, by SQLite's own checksums, with
 * what SQLite takes it to be, and only if it is whole it is written over itself: then a sync proves again that the disk has
 * it. Formats: https://sqlite.org/walformat.html.
 */
import { openSync, readSync, writeSync } from 'node:fs';

const WAL_HEADER = 32;
const FRAME_HEADER = 24;
/** Two copies of the same, one after the other. */
const INDEX_HEADER = 48;
/** So much at a time. */
const PIECE = 1_048_576;

type Sums = readonly [number, number];

/** What SQLite, by its index (`-shm`), takes the log to be. */
interface Expected {
  readonly frames: number;
  readonly pageSize: number;
  /** Of the last frame. */
  readonly sums: Sums;
}

/**
 * Opens the index of a log, to be read. It must never be closed: SQLite locks that file, and as soon as a process closes
 * one of its handles all of its locks on it are gone.
 */
export const openIndex = (file: string): number => openSync(`${file}-shm`, 'r');

/** Nobody else may be writing. False: something of the log was lost, and nothing was written. */
export function rewriteWal(wal: number, index: number): boolean {
  const expected = readIndex(index);
  if (expected === null) return false;
  const size = expected.frames === 0 ? 0 : WAL_HEADER + expected.frames * (FRAME_HEADER + expected.pageSize);
  const bytes = readWhole(wal, size);
  if (bytes === null || !isWhole(bytes, expected)) return false;
  for (let at = 0; at < size;) at += writeSync(wal, bytes, at, Math.min(PIECE, size - at), at);
  return true;
}

function readIndex(index: number): Expected | null {
  const both = readWhole(index, 2 * INDEX_HEADER);
  if (both === null) return null;
  const first = both.subarray(0, INDEX_HEADER);
  if (!first.equals(both.subarray(INDEX_HEADER))) return null;
  // In the order of bytes of this machine.
  const words = new Uint32Array(Uint8Array.from(first).buffer);
  const [, , , , frames = 0, , ...sums] = words;
  const half = new Uint16Array(words.buffer)[7] ?? 0;
  return { frames, pageSize: half === 1 ? 65_536 : half, sums: [sums[0] ?? 0, sums[1] ?? 0] };
}

/** Null when there is less. */
function readWhole(file: number, size: number): Buffer | null {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size;) {
    const read = readSync(file, bytes, at, Math.min(PIECE, size - at), at);
    if (read === 0) return null;
    at += read;
  }
  return bytes;
}

function isWhole(wal: Buffer, { frames, pageSize, sums }: Expected): boolean {
  if (frames === 0) return true;
  const read = (wal.readUInt32BE(0) & 1) === 1 ? bigEndian : littleEndian;
  let last = checksum(wal.subarray(0, 24), [0, 0], read);
  if (!isSame(last, sumsAt(wal, 24))) return false;
  const salt = wal.subarray(16, 24);
  for (let frame = 0; frame < frames; frame += 1) {
    const at = WAL_HEADER + frame * (FRAME_HEADER + pageSize);
    if (!wal.subarray(at + 8, at + 16).equals(salt)) return false;
    last = checksum(wal.subarray(at, at + 8), last, read);
    last = checksum(wal.subarray(at + FRAME_HEADER, at + FRAME_HEADER + pageSize), last, read);
    if (!isSame(last, sumsAt(wal, at + 16))) return false;
  }
  return isSame(last, sums);
}

const bigEndian = (bytes: Buffer, at: number): number => bytes.readUInt32BE(at);
const littleEndian = (bytes: Buffer, at: number): number => bytes.readUInt32LE(at);
const sumsAt = (wal: Buffer, at: number): Sums => [wal.readUInt32BE(at), wal.readUInt32BE(at + 4)];
const isSame = (one: Sums, other: Sums): boolean => one[0] === other[0] && one[1] === other[1];

function checksum(bytes: Buffer, before: Sums, read: (bytes: Buffer, at: number) => number): Sums {
  let [first, second] = before;
  for (let at = 0; at < bytes.length; at += 8) {
    first = (first + read(bytes, at) + second) >>> 0;
    second = (second + read(bytes, at + 4) + first) >>> 0;
  }
  return [first, second];
}
