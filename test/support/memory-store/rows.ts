import { checkId } from '../../../control-plane/ports/limits.ts';
import { compareText } from '../../../control-plane/ports/order.ts';
import { INSTANCE_FIELDS, isNewerInstance, searchedIn, successAt, wordsOf } from '../../../control-plane/ports/rows.ts';
import type {
  DeploymentCursor,
  ExecutionFilter,
  ExecutionRow,
  InstanceFilter,
  InstanceRow,
  Rows,
} from '../../../control-plane/ports/rows.ts';
import type { Through } from './call.ts';
import type { MemoryData } from './data.ts';

type Place = { readonly startedAt: number; readonly executionId: string };

export function createRows({ executions, instances, deployments }: MemoryData, through: Through): Rows {
  const newest = (wanted: (row: ExecutionRow) => boolean): ExecutionRow[] =>
    [...executions.values()].filter(wanted).toSorted(newestFirst).map(copy);
  return {
    putExecution: (row) =>
      through('rows.putExecution', () => {
        checkId('execution', row.executionId);
        if ((executions.get(row.executionId)?.seq ?? 0) <= row.seq) executions.set(row.executionId, copy(row));
      }),
    getExecution: (executionId) =>
      through('rows.getExecution', () => {
        const row = executions.get(executionId);
        return row === undefined ? null : copy(row);
      }),
    list: (filter, { cursor, limit }) =>
      through('rows.list', () =>
        newest((row) => matches(filter, row) && (cursor === undefined || newestFirst(row, cursor) > 0)).slice(0, limit),
      ),
    find: (prefix, limit) =>
      through('rows.find', () => newest((row) => row.executionId.startsWith(prefix)).slice(0, limit)),
    lastSuccess: (query) =>
      through('rows.lastSuccess', () => {
        const [last] = [...executions.values()]
          .flatMap((row) => {
            const at = successAt(row, query);
            return at === null ? [] : [{ row, at }];
          })
          .toSorted((a, b) => b.at - a.at || compareText(b.row.executionId, a.row.executionId));
        return last === undefined ? null : copy(last.row);
      }),
    putInstances: (rows) =>
      through('rows.putInstances', () => {
        for (const row of rows) checkId('instance', row.id);
        for (const row of rows) {
          const standing = instances.get(row.id);
          if (standing === undefined || !isNewerInstance(standing, row)) instances.set(row.id, copy(row));
          const key = `${row.id}\n${row.at}\n${row.executionId}`;
          if (!deployments.has(key)) deployments.set(key, copy(row));
        }
      }),
    listInstances: (filter, { after, limit }) =>
      through('rows.listInstances', () =>
        [...instances.values()]
          .filter((row) => isOf(filter, row) && (after === undefined || compareText(row.id, after) > 0))
          .toSorted((left, right) => compareText(left.id, right.id))
          .slice(0, limit)
          .map(copy),
      ),
    listDeployments: (filter, { cursor, limit }) =>
      through('rows.listDeployments', () =>
        [...deployments.values()]
          .filter((row) => isOf(filter, row) && (cursor === undefined || latestFirst(row, cursor) > 0))
          .toSorted(latestFirst)
          .slice(0, limit)
          .map(copy),
      ),
  };
}

const newestFirst = (left: Place, right: Place): number =>
  right.startedAt - left.startedAt || compareText(right.executionId, left.executionId);

const isOf = (filter: InstanceFilter, row: InstanceRow): boolean =>
  INSTANCE_FIELDS.every((field) => (filter[field] ?? row[field]) === row[field]);

const latestFirst = (left: DeploymentCursor, right: DeploymentCursor): number =>
  right.at - left.at || compareText(right.executionId, left.executionId) || compareText(right.id, left.id);

const matches = (filter: ExecutionFilter, row: ExecutionRow): boolean =>
  (filter.application ?? row.application) === row.application &&
  (filter.name ?? row.name) === row.name &&
  (filter.environment ?? row.environment) === row.environment &&
  (filter.statuses?.includes(row.status) ?? true) &&
  wordsOf(filter.text ?? '').every((word) => searchedIn(row).includes(word)) &&
  row.startedAt >= (filter.from ?? -Infinity) &&
  row.startedAt < (filter.to ?? Infinity);

/** Nobody shares an object with the store. */
const copy = <T extends ExecutionRow | InstanceRow>(row: T): T => structuredClone(row);
