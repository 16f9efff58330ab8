/** The first cause of a failure: what, where, on which host, and what its log said last. */
import { FAILURES } from '@fairlead/proto/model/failure.ts';
import type { AttemptId } from '@fairlead/proto/model/ids.ts';
import type { ExecutionView } from '@fairlead/proto/live.ts';
import type { Logs } from '../ports/logs.ts';
import type { Why } from './use-cases.ts';

const LINES = 20;
const TAIL_BYTES = 16_384;

/** `untilWhole`: waits for the rest of that log, and answers what is missing then. */
export async function why(
  view: ExecutionView,
  logs: Logs,
  untilWhole: (attempt: AttemptId) => Promise<number>,
): Promise<Why> {
  const { header, nodes } = view;
  const cause = header.failure;
  const names = new Map(nodes.map((node) => [node.id, node]));
  const path: string[] = [];
  const start = cause === null ? undefined : cause.node.split('#', 1)[0];
  for (let id: string | null | undefined = start; id != null; id = names.get(id)?.parent) {
    const node = names.get(id);
    if (node === undefined) break;
    path.unshift(node.name);
  }
  const attemptId = cause !== null && cause.node.includes('#') ? `${cause.node}` : null;
  const missing = attemptId === null ? 0 : await untilWhole(attemptId);
  return {
    executionId: header.executionId,
    status: header.status,
    cause: cause === null ? null : { code: cause.code, message: cause.message },
    where: path.length === 0 ? null : path.join(' / '),
    target: cause?.target === '-' ? null : (cause?.target ?? null),
    attemptId,
    logMissing: missing,
    log: attemptId === null ? [] : await tail(logs, attemptId),
    help: cause === null ? null : FAILURES[cause.code].help,
    rollback: header.rollback === null ? null : rollbackOf(view, header.rollback),
  };
}

function rollbackOf({ header: { artifacts }, nodes }: ExecutionView, rollback: keyof typeof ROLLBACK): string {
  if (rollback === 'NOTHING' && nodes.some((node) => node.rollback)) return NO_STEP;
  const first = artifacts.filter(({ previous }) => previous === null).map(({ service }) => service);
  if (rollback !== 'SUCCESS' || first.length === 0) return ROLLBACK[rollback];
  if (first.length === artifacts.length) return 'it was rolled back: there was no earlier deployment to bring back';
  return `${ROLLBACK.SUCCESS}; of ${first.join(', ')} there was no earlier deployment to bring back`;
}

const ROLLBACK = {
  RUNNING: 'it is being rolled back now',
  SUCCESS: 'it was rolled back: what ran before runs again',
  PARTIAL: 'it was rolled back in part: look at the rollback steps that failed',
  FAILED: 'its rollback failed: look at the hosts',
  NOTHING: 'nothing had been changed, so nothing was rolled back',
} as const;

const NO_STEP = 'no step of its rollback ran: what it had changed stays as it is';

async function tail(logs: Logs, attemptId: AttemptId): Promise<readonly string[]> {
  const length = (await logs.lengths([attemptId])).get(attemptId) ?? 0;
  const chunks = await logs.read(attemptId, Math.max(0, length - TAIL_BYTES), TAIL_BYTES);
  const decoder = new TextDecoder();
  const text = chunks.map((chunk) => decoder.decode(chunk.bytes, { stream: true })).join('');
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(-LINES);
}
