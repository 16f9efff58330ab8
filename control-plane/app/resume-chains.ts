import type { ExecutionListRow } from '@fairlead/proto/live.ts';
import { isFailed } from '@fairlead/proto/model/status.ts';
import type { Documents } from '../ports/documents.ts';

/** Without executions that another goes on with: of a chain the newest is shown (orchestration 6.6). */
export async function newestOfChains(
  documents: Documents,
  rows: readonly ExecutionListRow[],
): Promise<readonly ExecutionListRow[]> {
  const superseded = await Promise.all(
    rows.map(
      async ({ kind, status, executionId }) =>
        kind === 'PIPELINE' && isFailed(status) && (await documents.get('resumes', executionId)) !== null,
    ),
  );
  return rows.filter((_, index) => superseded[index] !== true);
}
