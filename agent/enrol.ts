import { createHash } from 'node:crypto';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import { hex } from '@fairlead/proto/model/hex.ts';
import type { System } from '@fairlead/proto/model/system.ts';
import { GrpcConnection, type Credential } from './adapters/grpc-connection.ts';
import { readIdentity, writeIdentity, type Identity } from './adapters/identity-file.ts';
import type { Logger } from './ports/logger.ts';

export interface EnrolParts {
  /** Where the identity is kept. */
  readonly path: string;
  readonly server: string;
  readonly name: string;
  readonly token: (() => string) | null;
  readonly system: System;
  readonly logger: Logger;
  /** Set while the agent is being ended: no further try. */
  readonly stopped: () => boolean;
}

const TRY_MS = 10_000;
const MOST_PAUSE_MS = 10_000;

/**
 * Who this agent is: as its directory remembers, or else exchanged for the join token, once. The credential is written
 * down before it is used, so that an answer lost on the way is asked for again and not enrolled twice.
 */
export async function enrol(parts: EnrolParts): Promise<Credential & { readonly name: string }> {
  const kept = await readIdentity(parts.path);
  if (kept?.agentId !== undefined && kept.agentId !== null) {
    return { agentId: kept.agentId, secret: kept.credential, name: kept.name };
  }
  if (parts.token === null) {
    throw new FailureError(
      failure(
        'INVALID_INPUT',
        `this agent has not joined yet: give it a join token (--token-file or FAIRLEAD_JOIN_TOKEN)`,
        {
          field: 'token',
        },
      ),
    );
  }
  const credential = kept?.credential ?? hex(parts.system.random.bytes(32));
  const waiting: Identity = { agentId: null, name: parts.name, credential };
  await writeIdentity(parts.path, waiting);
  const { agent_id: agentId, name } = await exchange(parts, parts.token(), credential);
  await writeIdentity(parts.path, { ...waiting, agentId, name });
  parts.logger.info({ agentId, name }, 'joined');
  return { agentId, secret: credential, name };
}

/** Asks until the control plane answers one way or the other. */
async function exchange(
  { server, name, system, logger, stopped }: EnrolParts,
  token: string,
  credential: string,
): Promise<{ readonly agent_id: string; readonly name: string }> {
  const request = { token, name, credential_sha256: createHash('sha256').update(credential).digest('hex') };
  for (let tried = 0; ; tried += 1) {
    const connection = new GrpcConnection(server);
    try {
      return await connection.enroll(request, new Date(system.clock.now() + TRY_MS));
    } catch (error) {
      const passing = error instanceof FailureError && error.failures[0].code === 'UNAVAILABLE';
      if (!passing || stopped()) throw error;
      logger.warn({ err: error, server }, 'the control plane cannot be reached yet');
    } finally {
      connection.close();
    }
    await system.scheduler.sleep(system.random.fraction() * Math.min(MOST_PAUSE_MS, 200 * 2 ** Math.min(tried, 16)));
  }
}
