import { expect, it } from 'vitest';
import { createMemoryStore } from '../../test/support/memory-store/index.ts';
import type { ExecutionRow } from '../ports/rows.ts';
import { newestOfChains } from './resume-chains.ts';

const pipeline = (executionId: string): ExecutionRow => ({
  ...{ executionId, seq: 1, application: 'shop', name: 'go', kind: 'PIPELINE', status: 'FAILED', environment: null },
  ...{ startedAt: 1, endedAt: 2, actor: 'ada', summary: {} },
});

it('shows what somebody wanted to go on with and did not, and not what another goes on with', async () => {
  const store = createMemoryStore();
  for (const id of ['x1', 'x2', 'x3']) await store.rows.putExecution(pipeline(id));
  await store.documents.insert('resumes', 'x1', { by: 'x2' });
  // Its plan was refused: no agent could list the builds.
  await store.documents.insert('resumes', 'x3', { by: 'x4' });
  const shown = await newestOfChains(store, ['x1', 'x2', 'x3'].map(pipeline));
  expect(shown.map(({ executionId }) => executionId)).toEqual(['x2', 'x3']);
});
