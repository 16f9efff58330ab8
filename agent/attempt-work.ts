import { failure, FailureError, type Failure } from '@fairlead/proto/model/failure.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { Clock, System } from '@fairlead/proto/model/system.ts';
import type { Task } from '@fairlead/proto/model/task.ts';
import { makeAttempt, makeAttemptLog } from './attempt.ts';
import { endOf } from './attempt-end.ts';
import { boundedResult } from './bounded-result.ts';
import type { LedgerEntry } from './ledger-entries.ts';
import type { Ledger } from './ledger.ts';
import type { LogStream } from './log-stream.ts';
import type { Outbox } from './outbox.ts';
import type { CancelReason, LocalArtifact, Platform } from './platforms/platform.ts';
import type { Logger } from './ports/logger.ts';
import type { Workshop } from './ports/workshop.ts';
import { Redactor } from './redact.ts';

export interface WorkParts {
  readonly entry: LedgerEntry;
  readonly task: Task;
  readonly resumed: boolean;
  /** Aborted by a cancel; here by the deadline and by a refused checkpoint. */
  readonly controller: AbortController;
  readonly platform: Platform | undefined;
  readonly system: System;
  readonly ledger: Ledger;
  readonly outbox: Outbox;
  readonly logs: LogStream;
  readonly workshop: Workshop;
  readonly logger: Logger;
}

/** A platform promises to end this long after the grace of a cancel; then its word is not waited for any more. */
const GIVE_UP_MS = 3_000;

/** Does one attempt and says how it ended, whatever the platform does; a bug in it is a result as well. */
export async function workOn(parts: WorkParts): Promise<AttemptResult> {
  const { entry, task, resumed, controller, platform, system, logs } = parts;
  const { signal } = controller;
  const redactor = new Redactor();
  const { log, close } = makeAttemptLog(logs.open(entry.attemptId, resumed), redactor);
  if (resumed) log.info('The agent was restarted and takes this up again; lines it had not sent yet are lost.');

  const refused = (reason: string): void => {
    log.info(`Stopping: ${reason}`);
    controller.abort({ kind: 'cancel', graceMs: task.cancelGraceMs } satisfies CancelReason);
  };
  const used: LocalArtifact[] = [];
  const attempt = makeAttempt({
    ...parts,
    signal,
    redactor,
    log,
    refused,
    used: (artifact) => void used.push(artifact),
  });
  const leftMs = task.timeoutMs - (resumed ? ranFor(entry, system.clock) : 0);
  const timeout: CancelReason = { kind: 'timeout', graceMs: task.cancelGraceMs };
  // Its time is over: it is only to be stopped, and by no means to be begun.
  if (leftMs <= 0) controller.abort(timeout);
  const deadline = system.scheduler.after(Math.max(0, leftMs), () => controller.abort(timeout));
  const end = endOf(signal, system.scheduler, GIVE_UP_MS);
  const outcome = async (): Promise<AttemptResult> => {
    try {
      const work = async (): Promise<AttemptResult> => {
        if (platform === undefined) throw new FailureError(unsupported(task.type));
        if (signal.aborted && !resumed) return neverBegan();
        return await platform.run(attempt);
      };
      const result = await Promise.race([work(), end.givenUp]);
      if (result.outcome === 'SUCCESS') await keep(used, parts);
      return end.judge(result, task.timeoutMs);
    } catch (error) {
      return thrown(error, parts);
    } finally {
      deadline.cancel();
      end.close();
    }
  };
  const result = boundedResult(redacted(await outcome(), redactor));
  const logBytes = close();
  return logBytes === null ? result : { ...result, logBytes };
}

/** How long ago it was started. The wall clock may have jumped meanwhile, and is asked only where nothing else can tell. */
function ranFor({ startedAt, startedSince }: LedgerEntry, clock: Clock): number {
  if (startedSince !== null && startedSince.era === clock.era) return Math.max(0, clock.monotonic() - startedSince.ms);
  const now = clock.now();
  return Math.max(0, now - (startedAt ?? now));
}

async function keep(used: readonly LocalArtifact[], { workshop, task, logger }: WorkParts): Promise<void> {
  for (const artifact of used) {
    await workshop.keep(artifact, task).catch((error: unknown) => {
      logger.warn({ err: error, attemptId: task.attemptId }, 'an artifact could not be pinned');
    });
  }
}

const unsupported = (type: string): Failure =>
  failure('UNSUPPORTED', `this agent has no platform for steps of type '${type}'`);

/** What was thrown, as a result. After a restart it only says that nobody found out what became of the work. */
function thrown(error: unknown, { entry, logger, resumed }: WorkParts): AttemptResult {
  const expected = error instanceof FailureError;
  if (!expected) logger.error({ err: error, attemptId: entry.attemptId }, 'a platform threw');
  const why = expected
    ? error.failures[0]
    : failure('INTERNAL', `a bug in the agent ended this attempt: ${textOf(error)}`);
  if (resumed) {
    const unknown = failure('OUTCOME_UNKNOWN', `after a restart of the agent: ${why.message}`);
    return { outcome: 'FAILED', failure: unknown, touched: true };
  }
  if (why.code === 'CANCELED') return { outcome: 'CANCELED', failure: why, touched: true, confirmed: true };
  return { outcome: 'FAILED', failure: why, touched: true };
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const neverBegan = (): AttemptResult => ({
  outcome: 'CANCELED',
  failure: failure('CANCELED', 'it was stopped before anything was done'),
  touched: false,
  confirmed: true,
});

function redacted(result: AttemptResult, redactor: Redactor): AttemptResult {
  return {
    ...result,
    ...(result.failure === undefined ? {} : { failure: masked(result.failure, redactor) }),
    ...(result.outputs === undefined ? {} : { outputs: redactor.value(result.outputs) }),
    ...(result.notes === undefined ? {} : { notes: result.notes.map((note) => redactor.text(note)) }),
  };
}

function masked(told: Failure, redactor: Redactor): Failure {
  const message = redactor.text(told.message);
  return { ...told, message, ...(told.details === undefined ? {} : { details: redactor.value(told.details) }) };
}
