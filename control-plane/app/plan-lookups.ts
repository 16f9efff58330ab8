/** What is looked up before a plan can be made. */
import { failure, FailureError, type Failure } from '@fairlead/proto/model/failure.ts';
import type { ArtifactRef } from '@fairlead/proto/model/task.ts';
import type { Need } from '../definitions/plan.ts';
import type { Installed } from '../definitions/run-options.ts';
import { isNewerInstance, type ExecutionRow, type InstanceRow, type Rows } from '../ports/rows.ts';
import type { Builds } from './builds.ts';

export const resolveBuilds = async (
  builds: Builds,
  needs: readonly Need[],
): Promise<Readonly<Record<string, ArtifactRef>>> =>
  Object.fromEntries(await Promise.all(needs.map(async (need) => [need.service, await builds.resolve(need)] as const)));

export function refused(failures: readonly Failure[]): FailureError {
  const [first = failure('INVALID_INPUT', 'the request cannot be planned'), ...rest] = failures;
  return new FailureError(first, ...rest);
}

/** What the last successful execution of this workflow put there (orchestration 10.3). */
export async function lastGood(rows: Rows, name: string, mapping: string): Promise<ArtifactRef | null> {
  const row = await rows.lastSuccess({ name, mapping });
  return row === null ? null : lastGoodIn(row, mapping);
}

export function lastGoodIn(row: ExecutionRow, mapping: string): ArtifactRef | null {
  const deployed = row.summary['deployed'] as Readonly<Record<string, ArtifactRef>> | undefined; // Written by the projector.
  return deployed?.[mapping] ?? null;
}

const BATCH = 1_000;

/** What runs where, without what was taken back to nothing, or broke off. `lately`: what no row tells yet, oldest first. */
export async function installedIn(
  rows: Rows,
  application: string,
  lately: readonly InstanceRow[] = [],
): Promise<readonly Installed[]> {
  const found = new Map<string, InstanceRow>();
  for (let after: string | undefined; ;) {
    const batch = await rows.listInstances(
      { application },
      { limit: BATCH, ...(after === undefined ? {} : { after }) },
    );
    for (const row of batch) found.set(row.id, row);
    if (batch.length < BATCH) break;
    after = batch.at(-1)?.id;
  }
  for (const row of lately) {
    const before = found.get(row.id);
    if (before === undefined || isNewerInstance(row, before)) found.set(row.id, row);
  }
  return [...found.values()].filter(({ details }) => details['removed'] !== true && details['brokeOff'] !== true);
}
