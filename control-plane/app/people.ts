/** What waits for a person in executions, and their answers. */
import type { ExecutionId, NodeId } from '@fairlead/proto/model/ids.ts';
import type { WaitingView } from '@fairlead/proto/live.ts';
import { STATUSES, STATUS_NAMES } from '@fairlead/proto/model/status.ts';
import { checkInputValue } from '../definitions/input-value.ts';
import { chooseDeployable, choosePipelineInputs, copiesOf } from '../definitions/pipeline-request.ts';
import { inputsForStage } from '../definitions/pipeline-inputs.ts';
import { placesOf } from '../definitions/pipeline-places.ts';
import { gather } from '../definitions/pipeline-requirements.ts';
import { refuse } from '../definitions/refuse.ts';
import { findEntity } from '../definitions/catalog.ts';
import type { Execution } from '../engine/execution.ts';
import { planOfRun } from '../engine/plan-of.ts';
import type { Rows } from '../ports/rows.ts';
import type { DefinitionStore } from './definition-store.ts';
import { refused } from './plan-lookups.ts';

/** Before they are journaled: what the workflow of the stage would refuse is refused to who gave it. */
export async function checkInputs(
  definitions: DefinitionStore,
  execution: Execution,
  runId: NodeId,
  answers: Readonly<Record<string, string>>,
): Promise<void> {
  const run = execution.runs.find((each) => each.id === runId);
  if (run === undefined) return;
  const catalog = await definitions.at(execution.plan.definition.revision);
  const request = { application: execution.plan.application.name, name: execution.plan.name, variables: {} };
  const deployable = chooseDeployable(catalog, request);
  if (!deployable.ok || deployable.pipeline === null) return;
  const chosen = deployable.pipeline;
  const place = placesOf(chosen).find(({ number }) => `r${number}` === run.planId);
  const workflow = findEntity(catalog, 'workflow', chosen.application.name, place?.member.workflow ?? '');
  if (place === undefined || workflow === undefined) return;
  const inputs = inputsForStage(workflow.spec);
  const problems = Object.entries(answers).flatMap(([name, value]) => {
    const input = inputs[name];
    return input === undefined || input.type === 'infrastructure'
      ? []
      : checkInputValue(value, input).map(({ reason, mend }) =>
          refuse(`values.${name}`, `input '${name}': ${reason}`, mend, input.values ?? []),
        );
  });
  if (problems.length > 0) throw refused(problems);
  const values = choosePipelineInputs(catalog, chosen, execution.plan.given?.variables ?? {}, []);
  const defaults = (planOfRun(execution, run).inputs?.variables ?? []).flatMap((each) =>
    each.default === null ? [] : [[each.name, each.default] as const],
  );
  const copies = copiesOf(catalog, chosen, place.member, values, { ...Object.fromEntries(defaults), ...answers });
  const needed = gather(
    catalog,
    chosen,
    copies.map((copy) => ({ copy, member: place.member })),
    { variables: {} },
  );
  if (!needed.ok) throw refused(needed.failures);
}

export interface WaitingExecution {
  readonly executionId: ExecutionId;
  readonly name: string;
  readonly application: string;
  readonly waiting: WaitingView;
}

const OPEN = STATUS_NAMES.filter((status) => !STATUSES[status].terminal);
const PAGE = 200;

/** Of every execution that has not ended, by its row. */
export async function everythingThatWaits(
  rows: Rows,
  application: string | undefined,
): Promise<readonly WaitingExecution[]> {
  const found: WaitingExecution[] = [];
  const filter = { statuses: OPEN, ...(application === undefined ? {} : { application }) };
  for (let cursor = {}; ;) {
    const page = await rows.list(filter, { ...cursor, limit: PAGE });
    for (const { executionId, name, application: of, summary } of page) {
      const waiting = (summary['people'] ?? []) as unknown as readonly WaitingView[]; // Written by the projector.
      for (const each of waiting) found.push({ executionId, name, application: of, waiting: each });
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return found;
    cursor = { cursor: { startedAt: last.startedAt, executionId: last.executionId } };
  }
}
