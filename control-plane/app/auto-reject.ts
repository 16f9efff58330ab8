/** Rejects older executions that wait at the approval that one has passed (orchestration 12.7): carries out `rejectOthers`. */
import { FailureError } from '@fairlead/proto/model/failure.ts';
import { executionOf } from '@fairlead/proto/model/ids.ts';
import type { CommandOf } from '../engine/commands.ts';
import type { Execution } from '../engine/execution.ts';
import type { Input } from '../engine/inputs.ts';
import { waitingSteps } from '../engine/rules/waiting.ts';
import { STATUSES, STATUS_NAMES } from '@fairlead/proto/model/status.ts';
import type { Rows } from '../ports/rows.ts';
import type { History } from './history.ts';

export interface AutoRejectWorld {
  readonly rows: Rows;
  readonly history: History;
  /** Of any execution, wherever it is driven. */
  submit(executionId: string, input: Input): Promise<void>;
  give(executionId: string, input: Input): Promise<unknown>;
}

const OPEN = STATUS_NAMES.filter((status) => !STATUSES[status].terminal);
const PAGE = 200;

export async function rejectOthers(
  { rows, history, submit, give }: AutoRejectWorld,
  { stepId }: CommandOf<'rejectOthers'>,
  execution: Execution,
): Promise<number> {
  const path = stepId.slice(stepId.indexOf('/'));
  const { name, application } = execution.plan;
  const filter = { application: application.name, name, statuses: OPEN, to: execution.startedAt };
  for (let cursor = {}; ;) {
    const page = await rows.list(filter, { ...cursor, limit: PAGE });
    for (const { executionId } of page) {
      const { execution: other } = await history.load(executionId);
      if (other === null || deployed(other) !== deployed(execution)) continue;
      const waits = other.runs.flatMap(waitingSteps).find((step) => step.id === `${executionId}${path}`);
      if (waits?.waiting.on !== 'APPROVAL') continue;
      const comment = `a newer execution was approved: ${execution.id}`;
      const actor = 'auto-reject';
      await submit(executionId, {
        input: 'approve',
        stepId: waits.id,
        answer: 'REJECT',
        actor,
        comment,
        variables: {},
      }).catch(unlessAnswered);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) break;
    cursor = { cursor: { startedAt: last.startedAt, executionId: last.executionId } };
  }
  await give(executionOf(stepId), { input: 'othersRejected', stepId });
  return 1_000;
}

/** Who was answered meanwhile has its answer. Whatever else is wrong, all of it is tried again. */
function unlessAnswered(error: unknown): void {
  const refused = error instanceof FailureError && error.failures.every(({ code }) => code === 'ILLEGAL_STATE');
  if (!refused) throw error;
}

/** The same services at the same places. */
const deployed = ({ plan }: Execution): string =>
  [
    ...new Set(
      plan.stages.flatMap((stage) => stage.runs.flatMap((run) => run.phases.flatMap(({ mapping }) => mapping ?? []))),
    ),
  ]
    .toSorted()
    .join('\n');
