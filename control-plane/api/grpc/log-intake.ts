import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { LogAck, LogBatch } from '@fairlead/proto/fairlead/v1/messages.ts';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import { authenticated, endWith, type AgentServerParts } from './parts.ts';

/**
 * One agent's log stream. One batch at a time: while it is being stored nothing more is read, so a slow store slows the
 * agents down instead of filling our memory.
 */
export async function takeLogs(call: ServerDuplexStream<LogBatch, LogAck>, parts: AgentServerParts): Promise<void> {
  // The iterator below reports what matters; without a listener of its own an error would end the process.
  call.on('error', () => {});
  try {
    const agentId = await authenticated(parts.gateway, call.metadata);
    // The stream carries batches; its type is that of any stream.
    for await (const batch of call as AsyncIterable<LogBatch>) {
      const chunks = batch.chunks.map(({ attempt_id, offset, bytes, gap, at_ms }) => {
        if (attempt_id === '') throw new FailureError(failure('INVALID_INPUT', 'a log chunk names no attempt'));
        return { attemptId: attempt_id, offset, bytes, gap, at: at_ms };
      });
      for (const { attemptId, offset } of await parts.gateway.logs(agentId, chunks)) {
        call.write({ attempt_id: attemptId, offset });
      }
    }
    call.end();
  } catch (error) {
    if (!call.cancelled) endWith(call, error, parts.logger);
  }
}
