import type { ExecutionListRow, ListFilter } from '@fairlead/proto/live.ts';
import { sameJson } from '@fairlead/proto/model/json.ts';
import type { Actor } from '../../app/authorize.ts';
import type { UseCases } from '../../app/use-cases.ts';
import { frameRest } from './feed.ts';
import type { Subject } from './topic.ts';

interface Page {
  readonly rows: readonly ExecutionListRow[];
}

/** The first page of the list, as this actor may see it. Converges: a row with an older sequence never replaces a newer one. */
export function listSubject(
  useCases: UseCases,
  actor: Actor,
  filter: ListFilter,
  limit: number,
): Subject<Page, ExecutionListRow> {
  return {
    name: 'list',
    restMs: 200,
    read: async () => useCases.listExecutions(actor, { filter, limit }),
    watch: (onChange) => useCases.watch({ list: true }, onChange),
    items: (page) => page.rows,
    idOf: (row) => row.executionId,
    same: (before, after) => before.seq >= after.seq && sameJson(before.summary, after.summary),
    sameRest: () => true,
    seqOf: () => 0,
    // Pushed off a full page by newer ones: whoever has it may keep it. Otherwise it no longer matches the filter.
    mustTell: (gone, page) => page.rows.length < limit || gone.startedAt >= (page.rows.at(-1)?.startedAt ?? 0),
    frame: (_page, rows, snapshot) => frameRest({ feed: 'list', snapshot, rows }),
  };
}
