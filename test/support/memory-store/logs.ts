import { executionOf } from '@fairlead/proto/model/ids.ts';
import { checkChunk } from '../../../control-plane/ports/limits.ts';
import { chunkEnd, chunkFrom } from '../../../control-plane/ports/logs.ts';
import type { LogChunk, Logs } from '../../../control-plane/ports/logs.ts';
import { compareText } from '../../../control-plane/ports/order.ts';
import type { Through } from './call.ts';
import type { MemoryData } from './data.ts';

export function createLogs({ logs }: MemoryData, through: Through): Logs {
  const length = (attemptId: string): number => {
    const last = logs.get(attemptId)?.at(-1);
    return last === undefined ? 0 : chunkEnd(last);
  };
  return {
    append: (chunks) =>
      through('logs.append', () => {
        for (const chunk of chunks) checkChunk(chunk);
        for (const chunk of chunks) {
          const end = length(chunk.attemptId);
          if (chunk.bytes.byteLength === 0 || chunkEnd(chunk) <= end) continue;
          const fresh = chunkFrom(chunk, end);
          logs.set(chunk.attemptId, [
            ...(logs.get(chunk.attemptId) ?? []),
            { ...fresh, bytes: Uint8Array.from(fresh.bytes) },
          ]);
        }
      }),
    read: (attemptId, from, limit = 1_048_576) =>
      through('logs.read', () => {
        const found: LogChunk[] = [];
        let size = 0;
        for (const chunk of logs.get(attemptId) ?? []) {
          if (chunkEnd(chunk) <= from) continue;
          if (found.length > 0 && size >= limit) break;
          const part = chunkFrom(chunk, from);
          found.push(part);
          size += part.bytes.byteLength;
        }
        return found;
      }),
    lengths: (attemptIds) => through('logs.lengths', () => new Map(attemptIds.map((id) => [id, length(id)]))),
    attempts: (executionId) =>
      through('logs.attempts', () =>
        [...logs.keys()].filter((id) => executionOf(id) === executionId).toSorted(compareText),
      ),
  };
}
