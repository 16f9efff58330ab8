import { Client, credentials, Metadata, type ClientDuplexStream } from '@grpc/grpc-js';
import { loadAgentsService, METADATA, type AgentsService } from '@fairlead/proto/fairlead/v1/agents.ts';
import type {
  EnrollReply,
  EnrollRequest,
  FromAgent,
  LogAck,
  LogBatch,
  ToAgent,
} from '@fairlead/proto/fairlead/v1/messages.ts';
import { failureFrom } from '@fairlead/proto/fairlead/v1/status.ts';

export interface Credential {
  readonly agentId: string;
  readonly secret: string;
}

let service: AgentsService | null = null;

/**
 * One connection to a control plane, with a channel of its own: a shared one would go on using a connection that a
 * proxy has silently forgotten. Pings notice that; the session's lease notices what pings do not.
 */
export class GrpcConnection {
  readonly #client: Client;
  readonly #service: AgentsService;

  constructor(address: string) {
    service ??= loadAgentsService();
    this.#service = service;
    this.#client = new Client(address, credentials.createInsecure(), {
      'grpc.keepalive_time_ms': 10_000,
      // A machine that is busy for a few seconds must not cost every agent its connection, all at the same time.
      'grpc.keepalive_timeout_ms': 20_000,
      'grpc.keepalive_permit_without_calls': 1,
      'grpc.use_local_subchannel_pool': 1,
      // A stream that lives for weeks must not be kept for being sent again.
      'grpc.enable_retries': 0,
    });
  }

  session(credential: Credential): ClientDuplexStream<FromAgent, ToAgent> {
    const { path, requestSerialize, responseDeserialize } = this.#service.Session;
    return this.#client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadataOf(credential));
  }

  logs(credential: Credential, sessionId: string): ClientDuplexStream<LogBatch, LogAck> {
    const { path, requestSerialize, responseDeserialize } = this.#service.Logs;
    const metadata = metadataOf(credential);
    metadata.set(METADATA.session, sessionId);
    return this.#client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata);
  }

  enroll(request: EnrollRequest, deadline: Date): Promise<EnrollReply> {
    const { path, requestSerialize, responseDeserialize } = this.#service.Enroll;
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        { deadline },
        (error, reply) => {
          if (error !== null) reject(failureFrom(error));
          else if (reply === undefined) reject(new Error('an enrolment without error and without answer'));
          else resolve(reply);
        },
      );
    });
  }

  close(): void {
    this.#client.close();
  }
}

function metadataOf({ agentId, secret }: Credential): Metadata {
  const metadata = new Metadata();
  metadata.set(METADATA.agentId, agentId);
  metadata.set(METADATA.credential, `Bearer ${secret}`);
  return metadata;
}
