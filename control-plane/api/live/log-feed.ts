/** A log from a byte offset on. Text is cut only between characters, so every frame can be shown as it comes. */
import type { AttemptId } from '@fairlead/proto/model/ids.ts';
import type { Actor } from '../../app/authorize.ts';
import type { UseCases } from '../../app/use-cases.ts';
import type { LogChunk } from '../../ports/logs.ts';
import type { Feed } from './feed.ts';
import { frameRest } from './feed.ts';
import { completeLength } from './utf8.ts';

const FRAME_BYTES = 262_144;

export function logFeed(
  useCases: UseCases,
  actor: Actor,
  attemptId: AttemptId,
  { from, until = Infinity }: { readonly from: number; readonly until?: number | undefined },
  onReady: () => void,
): Feed {
  const decoder = new TextDecoder();
  let position = from;
  const unwatch = useCases.watch({ attemptId }, onReady);
  onReady();
  return {
    async next() {
      const chunks = await useCases.readLog(actor, attemptId, position, FRAME_BYTES);
      // They come in the order in which they were read.
      const later = chunks.findIndex(({ at }) => at > until);
      const piece = joinChunks(later === -1 ? chunks : chunks.slice(0, later));
      if (piece === null) return null;
      const { bytes, offset, gap, sealed } = piece;
      // The rest of a character comes with the next bytes, unless a gap follows: then it never does.
      const length = sealed ? bytes.byteLength : completeLength(bytes);
      if (length === 0) return null;
      position = offset + length;
      const text = decoder.decode(bytes.subarray(0, length));
      return frameRest({ feed: 'log', offset, next: position, gap, text });
    },
    end: unwatch,
  };
}

interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly gap: number;
  /** A gap follows. */
  readonly sealed: boolean;
}

/** The chunks up to the first gap within, as one; about a frame's worth. */
function joinChunks(chunks: readonly LogChunk[]): Piece | null {
  const first = chunks[0];
  if (first === undefined) return null;
  const parts: Uint8Array[] = [];
  let size = 0;
  let sealed = false;
  for (const [index, chunk] of chunks.entries()) {
    if (index > 0 && chunk.gap > 0) {
      sealed = true;
      break;
    }
    if (size >= FRAME_BYTES) break;
    parts.push(chunk.bytes);
    size += chunk.bytes.byteLength;
  }
  return { offset: first.offset, bytes: Buffer.concat(parts), gap: first.gap, sealed };
}
