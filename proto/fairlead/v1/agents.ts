import { fileURLToPath } from 'node:url';
import type { MethodDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { EnrollReply, EnrollRequest, FromAgent, LogAck, LogBatch, ToAgent } from './messages.ts';

/** The service between agents and control plane, as both ends load it. */
export interface AgentsService {
  readonly Enroll: MethodDefinition<EnrollRequest, EnrollReply>;
  readonly Session: MethodDefinition<FromAgent, ToAgent>;
  readonly Logs: MethodDefinition<LogBatch, LogAck>;
}

/** Beside this file; a bundle keeps it beside itself under the same name. */
export const PROTO_FILE = fileURLToPath(new URL('./agent.proto', import.meta.url));

export function loadAgentsService(): AgentsService {
  const loaded = loadSync(PROTO_FILE, {
    keepCase: true,
    longs: Number,
    enums: String,
    defaults: true,
    oneofs: true,
  })['fairlead.v1.Agents'];
  // The loader's types say nothing about a service's methods; a test holds `messages.ts` to the file that was loaded.
  return loaded as unknown as AgentsService;
}

/** Metadata of every call but Enroll. */
export const METADATA = {
  agentId: 'fairlead-agent-id',
  credential: 'authorization',
  session: 'fairlead-session',
} as const;

/** Bytes of one message. A larger one ends its stream, and with it the agent's session. */
export const MOST_MESSAGE_BYTES = 4_194_304;
