import { isIPv4 } from 'node:net';
import { Server, ServerCredentials, type sendUnaryData, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { loadAgentsService, MOST_MESSAGE_BYTES } from '@fairlead/proto/fairlead/v1/agents.ts';
import type { EnrollReply, EnrollRequest } from '@fairlead/proto/fairlead/v1/messages.ts';
import { failureOf, statusOf } from '@fairlead/proto/fairlead/v1/status.ts';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { AgentId } from '@fairlead/proto/model/ids.ts';
import { AgentSession } from './agent-session.ts';
import { takeLogs } from './log-intake.ts';
import type { AgentServerParts } from './parts.ts';
import { SessionTable } from './session-table.ts';

export interface AgentServer {
  readonly host: string;
  readonly port: number;
  /** Open sessions. */
  readonly sessions: number;
  /** Ends every session and stops listening. */
  close(): Promise<void>;
}

export interface Listen {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

/** Listens for agents. Loopback only: until agents have certificates, what they say would cross the network in clear. */
export async function startAgentServer(listen: Listen, parts: AgentServerParts): Promise<AgentServer> {
  refuseBeyondLoopback(listen.host);
  const service = loadAgentsService();
  const table = new SessionTable(parts.system);
  const byAgent = new Map<AgentId, AgentSession>();
  const server = new Server({
    'grpc.keepalive_time_ms': 10_000,
    // As the agents' end has it: a pause of ours or theirs is no reason to throw thousands of connections away.
    'grpc.keepalive_timeout_ms': 20_000,
    'grpc.max_receive_message_length': MOST_MESSAGE_BYTES,
  });
  const implementation = {
    Enroll: (call: { readonly request: EnrollRequest }, callback: sendUnaryData<EnrollReply>) =>
      void enroll(call.request, parts, callback),
    Session: (call: ConstructorParameters<typeof AgentSession>[0]) =>
      void new AgentSession(call, parts, table, byAgent),
    Logs: (call: Parameters<typeof takeLogs>[0]) => takeLogs(call, parts),
  };
  // gRPC's own type of an implementation is an index signature without the messages' types.
  server.addService({ ...service }, implementation as unknown as UntypedServiceImplementation);
  const port = await new Promise<number>((resolve, reject) => {
    const address = listen.host.includes(':') ? `[${listen.host}]:${listen.port}` : `${listen.host}:${listen.port}`;
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(notListening(address, error));
    });
  });
  parts.logger.info({ host: listen.host, port }, 'listening for agents');
  return {
    host: listen.host,
    port,
    get sessions() {
      return byAgent.size;
    },
    close() {
      table.close();
      const closing = new FailureError(failure('UNAVAILABLE', 'the control plane is closing'));
      for (const session of byAgent.values()) session.fail(closing);
      server.forceShutdown();
      return Promise.resolve();
    },
  };
}

async function enroll(
  request: EnrollRequest,
  { gateway, logger }: AgentServerParts,
  callback: sendUnaryData<EnrollReply>,
): Promise<void> {
  const { token, name, credential_sha256: credentialSha256 } = request;
  try {
    const problems = [
      ...(token === '' ? [failure('INVALID_INPUT', 'the join token is empty', { field: 'token' })] : []),
      ...(/^[a-z0-9][a-z0-9.-]{0,62}$/.test(name) ? [] : [BAD_NAME]),
      ...(/^[0-9a-f]{64}$/.test(credentialSha256) ? [] : [BAD_HASH]),
    ];
    const [first, ...rest] = problems;
    if (first !== undefined) throw new FailureError(first, ...rest);
    const { agentId, name: given } = await gateway.enroll({ token, name, credentialSha256 });
    callback(null, { agent_id: agentId, name: given });
  } catch (error) {
    if (!(error instanceof FailureError)) logger.error({ err: error }, 'an enrolment ended in a bug');
    callback(statusOf(failureOf(error)));
  }
}

const BAD_NAME = failure(
  'INVALID_INPUT',
  "an agent's name has 1 to 63 of the characters a-z 0-9 . - and begins with a letter or digit",
  { field: 'name' },
);
const BAD_HASH = failure('INVALID_INPUT', 'the credential hash is not a sha-256 in hexadecimal', {
  field: 'credential_sha256',
});

function refuseBeyondLoopback(host: string): void {
  if (host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))) return;
  throw new FailureError(
    failure(
      'INVALID_INPUT',
      `agents cannot be served on ${host}: their connections are not encrypted yet, so only a loopback address ` +
        '(127.0.0.1) is allowed; reach it from elsewhere through a tunnel (ssh -R, stunnel)',
      { field: 'agents.listen' },
    ),
  );
}

/** The library tells its own story around what the system said. */
function notListening(address: string, error: Error): FailureError {
  const [code = error.message] = /E[A-Z]{4,}[^\]]*/.exec(error.message) ?? [];
  const mend = 'Choose another port (FAIRLEAD_AGENT_PORT), or none.';
  return new FailureError(
    failure('UNAVAILABLE', `cannot listen for agents on ${address}: ${code}.`, { details: { mend } }),
  );
}
