/** A list as long as a year makes it, and how long its pages take. */
import type { Status } from '@fairlead/proto/model/status.ts';
import type { ExecutionFilter, Rows } from '../../control-plane/ports/rows.ts';

const STATUSES: readonly Status[] = ['SUCCESS', 'SUCCESS', 'SUCCESS', 'SUCCESS', 'FAILED', 'ABORTED'];
const PAGE = 50;
/** Written at once. */
const GROUP = 200;

/** Executions of three months, ten applications, fifty names and three environments; `rare`: one of so many is of that status. */
export async function fillExecutions(
  rows: Rows,
  count: number,
  rare: readonly (readonly [number, Status])[] = [],
): Promise<void> {
  const statusOf = (index: number): Status =>
    rare.find(([every]) => index % every === every - 1)?.[1] ?? STATUSES[(index * 31) % STATUSES.length] ?? 'SUCCESS';
  for (let from = 0; from < count; from += GROUP) {
    const group = Array.from({ length: Math.min(GROUP, count - from) }, (_, offset) => from + offset);
    await Promise.all(
      group.map((index) => {
        const startedAt = 1_750_000_000_000 + index * 77_000;
        const artifacts = [{ service: 'web', build: `9.9.${index % 1_000}`, previous: null }];
        return rows.putExecution({
          executionId: `xl${(index * 7_919) % 1_000_003}n${index}`,
          seq: 40,
          application: `app${index % 10}`,
          name: `ship-${index % 50}`,
          kind: 'WORKFLOW',
          status: statusOf(index),
          environment: `env${index % 3}`,
          startedAt,
          endedAt: startedAt + 60_000,
          actor: 'bench',
          summary: { mappings: [`m${index % 50}`], progress: { done: 9, total: 9 }, artifacts, failure: null },
        });
      }),
    );
  }
}

/** Pages of one walk through the list, from the start again when it has ended. Milliseconds each. */
export async function pagesOf(rows: Rows, filter: ExecutionFilter, count: number): Promise<readonly number[]> {
  const times: number[] = [];
  let cursor: { startedAt: number; executionId: string } | null = null;
  for (let page = 0; page < count; page += 1) {
    const began = performance.now();
    const found = await rows.list(filter, { limit: PAGE, ...(cursor === null ? {} : { cursor }) });
    times.push(performance.now() - began);
    const last = found.at(-1);
    cursor = last === undefined ? null : { startedAt: last.startedAt, executionId: last.executionId };
  }
  return times;
}
