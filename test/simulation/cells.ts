/**
 * The table status × fault × action: an execution is in the status while the fault is in force, and somebody asks for the
 * action. Every cell must be met, but those that cannot be.
 */
import { isTerminal, STATUS_NAMES, type Status } from '@fairlead/proto/model/status.ts';
import { statusOf } from '../../control-plane/app/execution-header.ts';
import type { Execution } from '../../control-plane/engine/execution.ts';
import { openAttempts } from '../../control-plane/engine/open-attempts.ts';
import { ACTIONS, type ActionName } from './actions.ts';
import { FAULT_KINDS, type FaultKind } from './faults.ts';
import type { Sums } from './report.ts';

/** Why a status is met by nobody, whatever goes wrong and whatever is asked for. */
export const IMPOSSIBLE: Readonly<Partial<Record<Status, string>>> = {
  STARTING: 'no rule of the engine, and no view of an execution, ever says so',
};

export const ACTION_NAMES = Object.keys(ACTIONS) as readonly ActionName[]; // Its own keys.
export const MET_STATUSES = STATUS_NAMES.filter((status) => IMPOSSIBLE[status] === undefined);

/** What people see of it; and UNKNOWN, which is a status of one of its tasks. */
export function statusesOf(execution: Execution): readonly Status[] {
  const status = statusOf(execution);
  if (isTerminal(status)) return [status];
  const lost = execution.runs.flatMap(openAttempts).some((attempt) => attempt.state === 'UNKNOWN');
  return lost ? [status, 'UNKNOWN'] : [status];
}

export const cellOf = (status: Status, fault: FaultKind, action: ActionName): string =>
  `cell ${status}, ${fault}, ${action}`;

export const CELLS: readonly string[] = MET_STATUSES.flatMap((status) =>
  FAULT_KINDS.flatMap((fault) => ACTION_NAMES.map((action) => cellOf(status, fault, action))),
);

export const emptyCells = (sums: Sums): readonly string[] => CELLS.filter((cell) => (sums[cell] ?? 0) === 0);

/** How often each status was met by an action in the middle of a fault. */
export function tableOf(sums: Sums): readonly string[] {
  return MET_STATUSES.map((status) => {
    const its = CELLS.filter((cell) => cell.startsWith(`cell ${status},`)).map((cell) => sums[cell] ?? 0);
    const met = its.filter((count) => count > 0).length;
    const sum = its.reduce((total, count) => total + count, 0);
    return `${status}: ${met} of ${its.length} cells, ${sum} times`;
  });
}
