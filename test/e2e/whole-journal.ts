import { z } from 'zod';
import { journalView } from '@fairlead/control-plane/api/http/schemas.ts';

export const journalPage = z.object({ records: z.array(journalView), next: z.int().nullable() });

/** However many pages it takes. */
export async function wholeJournal(
  id: string,
  get: (path: string) => Promise<z.output<typeof journalPage>>,
): Promise<readonly z.output<typeof journalView>[]> {
  const records: z.output<typeof journalView>[] = [];
  for (let after: number | null = 0; after !== null;) {
    const page = await get(`/executions/${id}/journal?limit=200&after=${after}`);
    records.push(...page.records);
    after = page.next;
  }
  return records;
}
