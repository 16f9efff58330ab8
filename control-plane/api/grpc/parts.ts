import type { Metadata } from '@grpc/grpc-js';
import { METADATA } from '@fairlead/proto/fairlead/v1/agents.ts';
import type { CrashPoints } from '@fairlead/proto/model/crash.ts';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { AgentId } from '@fairlead/proto/model/ids.ts';
import type { System } from '@fairlead/proto/model/system.ts';
import { failureOf, statusOf } from '@fairlead/proto/fairlead/v1/status.ts';
import type { AgentGateway } from '../../ports/agent-gateway.ts';
import type { Bus } from '../../ports/bus.ts';

export interface AgentServerParts {
  readonly gateway: AgentGateway;
  readonly bus: Bus;
  readonly system: System;
  readonly crash: CrashPoints;
  readonly logger: ServerLogger;
}

export interface ServerLogger {
  debug(data: object, message: string): void;
  info(data: object, message: string): void;
  warn(data: object, message: string): void;
  error(data: object, message: string): void;
}

/** Who calls, once the application has said that it is so. */
export async function authenticated(gateway: AgentGateway, metadata: Metadata): Promise<AgentId> {
  const text = (key: string): string => String(metadata.get(key)[0] ?? '');
  const agentId = text(METADATA.agentId);
  const credential = /^Bearer (.+)$/.exec(text(METADATA.credential))?.[1];
  if (agentId === '' || credential === undefined) {
    throw new FailureError(failure('UNAUTHENTICATED', 'the call carries no agent id and credential'));
  }
  await gateway.authenticate(agentId, credential);
  return agentId;
}

/** Ends a stream with the failure behind an error; what is no failure is a bug, and goes to our own log whole. */
export function endWith(
  call: { readonly destroyed: boolean; emit(event: 'error', status: object): boolean },
  error: unknown,
  logger: ServerLogger,
): void {
  if (!(error instanceof FailureError)) logger.error({ err: error }, 'a call of an agent ended in a bug');
  if (!call.destroyed) call.emit('error', statusOf(failureOf(error)));
}
