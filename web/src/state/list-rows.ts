/** The list: pages asked for and rows pushed, made one. A row carries its sequence, and an older one never wins. */
import type { ExecutionListRow, ServerFrame } from '@fairlead/proto/live.ts';
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { Json, JsonObject } from '@fairlead/proto/model/json.ts';
import { STATUS_GROUPS, type StatusGroup } from './status-look.ts';
import { isWaitingKind, waitingTitle, whoText } from './waiting-text.ts';

export type ListFrame = Extract<ServerFrame, { readonly feed: 'list' }>;
export type Rows = ReadonlyMap<ExecutionId, ExecutionListRow>;

export function mergeRows(known: Rows, rows: readonly ExecutionListRow[]): Rows {
  const merged = new Map(known);
  for (const row of rows) {
    const before = merged.get(row.executionId);
    if (before === undefined || before.seq <= row.seq) merged.set(row.executionId, row);
  }
  return merged;
}

export interface ListQuery {
  readonly group: StatusGroup | null;
  readonly application: string;
  readonly text: string;
}

export function matches(row: ExecutionListRow, query: ListQuery): boolean {
  if (query.group !== null && !STATUS_GROUPS[query.group].includes(row.status)) return false;
  if (query.application !== '' && row.application !== query.application) return false;
  const words = query.text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return true;
  const searched = searchedIn(row);
  return words.every((word) => searched.includes(word));
}

const searchable = new WeakMap<ExecutionListRow, string>();

/** Made once for each row: a key that is typed looks at thousands. */
function searchedIn(row: ExecutionListRow): string {
  const known = searchable.get(row);
  if (known !== undefined) return known;
  const builds = summaryOf(row.summary).artifacts.map((each) => `${each.service} ${each.build}`);
  const { name, application, environment, actor, executionId } = row;
  const text = [name, application, environment ?? '', actor, executionId, ...builds].join(' ').toLowerCase();
  searchable.set(row, text);
  return text;
}

/** Newest first, as the store orders them. */
export function shownRows(rows: Rows, query: ListQuery): readonly ExecutionListRow[] {
  return [...rows.values()]
    .filter((row) => matches(row, query))
    .sort((one, other) => other.startedAt - one.startedAt || (one.executionId < other.executionId ? 1 : -1));
}

export interface RowSummary {
  readonly artifacts: readonly { readonly service: string; readonly build: string }[];
  readonly progress: { readonly done: number; readonly total: number } | null;
  readonly failure: string | null;
  readonly waiting: string | null;
  /** What of it waits for a person: `Approval ‘Sign-off’ by release`. */
  readonly people: readonly string[];
}

/** The summary is open-ended data: what is there is shown, what is not is left out. */
export function summaryOf(summary: JsonObject): RowSummary {
  const progress = asObject(summary['progress']);
  const failure = summary['failure'];
  const artifacts = summary['artifacts'];
  return {
    artifacts: (Array.isArray(artifacts) ? artifacts : []).flatMap((each: Json) => {
      const { service, build } = asObject(each);
      return typeof service === 'string' && typeof build === 'string' ? [{ service, build }] : [];
    }),
    progress:
      typeof progress['done'] === 'number' && typeof progress['total'] === 'number'
        ? { done: progress['done'], total: progress['total'] }
        : null,
    failure: textOf(failure) ?? textOf(asObject(failure)['message']),
    waiting: textOf(summary['waiting']),
    people: peopleIn(summary['people']),
  };
}

const peopleIn = (people: Json | undefined): readonly string[] =>
  (Array.isArray(people) ? people : []).flatMap((each: Json) => {
    const { kind, name, groups } = asObject(each);
    if (!isWaitingKind(kind) || typeof name !== 'string') return [];
    const among = (Array.isArray(groups) ? groups : []).filter((group: Json) => typeof group === 'string');
    return [`${waitingTitle({ kind, name })} by ${whoText({ groups: among })}`];
  });

const textOf = (value: Json | undefined): string | null => (typeof value === 'string' && value !== '' ? value : null);

function asObject(value: Json | undefined): JsonObject {
  // An array is an object without the fields looked for, which is all that matters here.
  return typeof value === 'object' && value !== null ? (value as JsonObject) : {};
}
