/** What people do to an execution that runs, apart from aborting it and rolling it back. */
import type { AttemptId, ExecutionId, NodeId } from '@fairlead/proto/model/ids.ts';
import type { Execution } from '../engine/execution.ts';
import type { Actor, Verb } from './authorize.ts';
import type { Drivers } from './drivers.ts';
import type { Executions } from './executions.ts';
import { intervene, openInterventions, type InterventionRequest, type OpenIntervention } from './intervene.ts';
import type { Router } from './router.ts';
import { forcedSettlement, settleByForce, type ForcedSettlement } from './settle-by-force.ts';

export interface Steering {
  /** Begins nothing more; what runs goes on to its end. */
  pause(actor: Actor, id: ExecutionId, reason: string): Promise<void>;
  resume(actor: Actor, id: ExecutionId): Promise<void>;
  /** Failures that wait for a person. */
  listInterventions(actor: Actor, id: ExecutionId): Promise<readonly OpenIntervention[]>;
  /** A choice that rolls back or aborts needs that right too. */
  intervene(actor: Actor, id: ExecutionId, request: InterventionRequest): Promise<{ readonly stepId: NodeId }>;
  /** What would be given up by settling by force an execution that has ended and cannot be decided on. */
  getForcedSettlement(actor: Actor, id: ExecutionId): Promise<ForcedSettlement>;
  /** Refused unless `unconfirmed` names exactly what would stay unconfirmed. */
  settleByForce(
    actor: Actor,
    id: ExecutionId,
    request: { readonly reason: string; readonly unconfirmed: readonly AttemptId[] },
  ): Promise<void>;
}

export type Gate = (actor: Actor, verb: Verb, resource: string) => void;

export interface SteeringWorld {
  readonly gate: Gate;
  readonly executions: Executions;
  readonly router: Router;
  readonly drivers: Drivers;
  /** Throws where nobody drives it because it is broken, and not because it has ended. */
  refuseBroken(execution: Pick<Execution, 'id' | 'endedAt'>): Promise<void>;
}

export function steering({ gate, executions, router, drivers, refuseBroken }: SteeringWorld): Steering {
  const driven = async (id: ExecutionId) => {
    const { execution } = await executions.load(id);
    await refuseBroken(execution);
    return execution;
  };
  return {
    async pause(actor, id, reason) {
      gate(actor, 'execute', id);
      await driven(id);
      await router.submit(id, { input: 'pause', actor: actor.name, reason });
    },
    async resume(actor, id) {
      gate(actor, 'execute', id);
      await driven(id);
      await router.submit(id, { input: 'resume', actor: actor.name });
    },
    async listInterventions(actor, id) {
      gate(actor, 'read', id);
      return openInterventions((await executions.load(id)).execution);
    },
    async intervene(actor, id, request) {
      gate(actor, 'execute', id);
      return intervene({ router, gate }, actor, await driven(id), request);
    },
    async getForcedSettlement(actor, id) {
      gate(actor, 'administer', id);
      return forcedSettlement((await executions.load(id)).execution);
    },
    async settleByForce(actor, id, request) {
      gate(actor, 'administer', id);
      await executions.load(id);
      await settleByForce(drivers.broken, id, { ...request, actor: actor.name });
    },
  };
}
