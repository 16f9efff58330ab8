import type { ExecutionListRow } from '@fairlead/proto/live.ts';
import { isFailed } from '@fairlead/proto/model/status.ts';
import type { Documents } from '../ports/documents.ts';
import type { Rows } from '../ports/rows.ts';

interface Store {
  readonly documents: Documents;
  readonly rows: Rows;
}

/** Without executions that another goes on with: of a chain the newest is shown (orchestration 6.6). */
export async function newestOfChains(
  store: Store,
  rows: readonly ExecutionListRow[],
): Promise<readonly ExecutionListRow[]> {
  const superseded = await Promise.all(rows.map((row) => isGoneOnWith(store, row)));
  return rows.filter((_, index) => superseded[index] !== true);
}

/** Who wanted to go on with it may have been refused, or may not have lived to begin: then it is still the newest. */
async function isGoneOnWith({ documents, rows }: Store, row: ExecutionListRow): Promise<boolean> {
  const { kind, status, executionId } = row;
  if (kind !== 'PIPELINE' || !isFailed(status)) return false;
  const resumed = await documents.get('resumes', executionId);
  return resumed !== null && (await rows.getExecution(String(resumed.body['by']))) !== null;
}
