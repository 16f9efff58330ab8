/** What people do to pipelines and approvals that run, or have. */
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { Execution } from '../engine/execution.ts';
import type { RunOptions } from '../engine/run-options.ts';
import type { ApprovalAnswer } from '../engine/waiting.ts';
import { authorize, type Actor } from './authorize.ts';
import type { DeployWorld } from './deploy.ts';
import type { Executions } from './executions.ts';
import { checkInputs, everythingThatWaits, type WaitingExecution } from './people.ts';
import { whichWaits } from './people-waiting.ts';
import { rerun } from './rerun.ts';
import { resumePipeline } from './resume-pipeline.ts';
import type { Router } from './router.ts';

export interface ApprovalRequest {
  /** Id or name of the step or stage; may be left out when only one waits. */
  readonly step?: string;
  readonly answer: ApprovalAnswer;
  readonly comment: string;
  /** Those that are left out keep their defaults. */
  readonly variables: Readonly<Record<string, string>>;
}

export interface InputsRequest {
  /** Id or name of the run; may be left out when only one asks. */
  readonly run?: string;
  readonly values: Readonly<Record<string, string>>;
}

export interface Pipelines {
  /** Everything that goes on only when somebody answers. */
  listWaiting(actor: Actor, query: { readonly application?: string }): Promise<readonly WaitingExecution[]>;
  answerApproval(actor: Actor, id: ExecutionId, request: ApprovalRequest): Promise<{ readonly step: string }>;
  giveInputs(actor: Actor, id: ExecutionId, request: InputsRequest): Promise<{ readonly run: string }>;
  /** Goes on with a pipeline that did not succeed, in a new execution; asked again with the same key, it went on already. */
  resumePipeline(
    actor: Actor,
    id: ExecutionId,
    stage: string | undefined,
    idempotencyKey?: string,
  ): Promise<{ readonly executionId: ExecutionId; readonly created: boolean }>;
  /**
   * Starts the same once more; asked again with the same key, it was started already. `skipSameVersion`: as it was said
   * for the first start when left out.
   */
  rerun(
    actor: Actor,
    id: ExecutionId,
    what: Pick<RunOptions, 'skipSameVersion'>,
    idempotencyKey?: string,
  ): Promise<{ readonly executionId: ExecutionId; readonly created: boolean }>;
}

export interface PipelinesWorld extends DeployWorld {
  readonly executions: Executions;
  readonly router: Router;
  /** Throws where nobody drives it because it is broken, and not because it has ended. */
  refuseBroken(execution: Pick<Execution, 'id' | 'endedAt'>): Promise<void>;
}

export function pipelines(world: PipelinesWorld): Pipelines {
  const { executions, router, rows, definitions } = world;
  return {
    async listWaiting(actor, { application }) {
      authorize(actor, 'read', 'executions');
      return everythingThatWaits(rows, application);
    },
    async answerApproval(actor, id, { step, answer, comment, variables }) {
      const { execution } = await executions.load(id);
      const waits = whichWaits(execution, ['APPROVAL', 'APPROVAL_STAGE'], step);
      const groups = waits === null || waits.groups.length === 0 ? '' : ` for ${waits.groups.join(', ')}`;
      authorize(actor, 'approve', `${id}${groups}`);
      if (answer === 'REJECT_AND_ROLLBACK') authorize(actor, 'rollback', id);
      const stepId = waits?.id ?? (step?.includes('/') === true ? step : null);
      if (stepId === null) throw nothingWaits(id, 'an approval', execution.endedAt !== null);
      await world.refuseBroken(execution);
      await router.submit(id, { input: 'approve', stepId, answer, actor: actor.name, comment, variables });
      return { step: stepId };
    },
    async giveInputs(actor, id, { run, values }) {
      authorize(actor, 'execute', id);
      const { execution } = await executions.load(id);
      const asks = whichWaits(execution, ['INPUTS'], run);
      const runId = asks?.id ?? (run?.includes('/') === true ? run : null);
      if (runId === null) throw nothingWaits(id, 'inputs', execution.endedAt !== null);
      await world.refuseBroken(execution);
      if (asks !== null) await checkInputs(definitions, execution, runId, values);
      await router.submit(id, { input: 'giveInputs', runId, values, actor: actor.name });
      return { run: runId };
    },
    async resumePipeline(actor, id, stage, idempotencyKey) {
      authorize(actor, 'execute', id);
      const { execution } = await executions.load(id);
      return resumePipeline(world, actor, execution, stage, idempotencyKey);
    },
    async rerun(actor, id, what, idempotencyKey) {
      authorize(actor, 'execute', id);
      const { execution } = await executions.load(id);
      return rerun(world, actor, execution, what, idempotencyKey);
    },
  };
}

function nothingWaits(id: ExecutionId, what: string, ended: boolean): FailureError {
  const why = ended ? 'it has ended already' : `nothing in it waits for ${what}, or not under that name`;
  return new FailureError(failure('ILLEGAL_STATE', `${id}: ${why}. What waits is told by \`fairlead waiting\``));
}
