import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { LogAck, LogBatch } from '@fairlead/proto/fairlead/v1/messages.ts';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { AgentId } from '@fairlead/proto/model/ids.ts';
import { isPassing } from '../../app/insist.ts';
import type { StoredLength } from '../../ports/agent-gateway.ts';
import type { LogChunk } from '../../ports/logs.ts';
import { authenticated, endWith, type AgentServerParts } from './parts.ts';

const FIRST_PAUSE_MS = 200;
const MOST_PAUSE_MS = 5_000;

/**
 * One agent's log stream. One batch at a time: while it is being stored nothing more is read, so a slow store slows the
 * agents down instead of filling our memory.
 */
export function takeLogs(call: ServerDuplexStream<LogBatch, LogAck>, parts: AgentServerParts): void {
  // `cancelled` says what matters of those that come from below; without a listener one would end the process.
  call.on('error', () => {});
  const fail = (error: unknown): void => {
    if (!call.cancelled) endWith(call, error, parts.logger);
  };
  authenticated(parts.gateway, call.metadata).then((agentId) => {
    // Not by an iterator: leaving that destroys the stream, and nobody would hear why.
    call.on('data', (batch: LogBatch) => {
      call.pause();
      take(call, parts, agentId, batch).then(() => void call.resume(), fail);
    });
    call.on('end', () => call.end());
  }, fail);
}

async function take(
  call: ServerDuplexStream<LogBatch, LogAck>,
  parts: AgentServerParts,
  agentId: AgentId,
  batch: LogBatch,
): Promise<void> {
  const chunks = batch.chunks.map(({ attempt_id, offset, bytes, gap, at_ms }) => {
    if (attempt_id === '') throw new FailureError(failure('INVALID_INPUT', 'a log chunk names no attempt'));
    return { attemptId: attempt_id, offset, bytes, gap, at: at_ms };
  });
  for (const { attemptId, offset } of await stored(call, parts, agentId, chunks)) {
    call.write({ attempt_id: attemptId, offset });
  }
}

/** However long the store is away: the agent keeps what is not stored, and sends no more meanwhile. */
async function stored(
  call: ServerDuplexStream<LogBatch, LogAck>,
  { gateway, system, logger }: AgentServerParts,
  agentId: AgentId,
  chunks: readonly LogChunk[],
): Promise<readonly StoredLength[]> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, MOST_PAUSE_MS)) {
    try {
      return await gateway.logs(agentId, chunks);
    } catch (error) {
      if (!isPassing(error)) throw error;
      if (call.cancelled) return [];
      if (pauseMs === FIRST_PAUSE_MS)
        logger.warn({ err: error, agentId }, 'logs cannot be stored; their agent keeps them');
      // Not all of two thousand agents at the same moment.
      await system.scheduler.sleep(pauseMs * (0.5 + system.random.fraction()));
    }
  }
}
