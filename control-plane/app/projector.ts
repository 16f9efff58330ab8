/** Keeps the list and what-runs-where true: rows derived from executions, written behind their journals. */
import { executionOf, type ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { Scheduler, Timer } from '@fairlead/proto/model/system.ts';
import type { CommandOf } from '../engine/commands.ts';
import type { Event } from '../engine/events.ts';
import type { Execution } from '../engine/execution.ts';
import type { Input } from '../engine/inputs.ts';
import type { Rows } from '../ports/rows.ts';
import type { Decision } from './deliberate.ts';
import { rowOf } from './execution-row.ts';
import { isPassing } from './insist.ts';
import { instancesOf } from './installs.ts';
import { withTraffic } from './traffic.ts';

/** Rows of one execution within this time are one write; and within this, where it only got on. Milliseconds. */
const COALESCE_MS = 200;
const PROGRESS_MS = 1_000;
/** A store that was away is tried again: an execution may wait for days before its next change. Milliseconds. */
const AGAIN_MS = 2_000;

/** Of these a list shows no more than how far it is. */
const PROGRESS: ReadonlySet<Event['event']> = new Set([
  'SectionStarted',
  'SectionEnded',
  'StepStarted',
  'StepEnded',
  'AttemptAssigned',
  'AttemptStarted',
  'AttemptCheckpointed',
  'AttemptEnded',
]);

interface Waiting {
  readonly execution: Execution;
  readonly seq: number;
  readonly timer: Timer;
  readonly isUrgent: boolean;
  /** A run of it has ended since what runs where was told, or may have: it was taken up just now. */
  readonly hasDeployed: boolean;
}

const DEPLOYS: ReadonlySet<Event['event']> = new Set(['RunEnded', 'DriverChanged']);

export class Projector {
  readonly #rows: Rows;
  readonly #scheduler: Scheduler;
  readonly #onError: (error: unknown) => void;
  readonly #waiting = new Map<ExecutionId, Waiting>();
  #stopped = false;

  constructor(rows: Rows, scheduler: Scheduler, onError: (error: unknown) => void) {
    this.#rows = rows;
    this.#scheduler = scheduler;
    this.#onError = onError;
  }

  /** What is not written by then is written by whoever takes the execution up. */
  stop(): void {
    this.#stopped = true;
    for (const { timer } of this.#waiting.values()) timer.cancel();
    this.#waiting.clear();
  }

  follow(execution: Execution, seq: number, decisions: readonly Decision[]): void {
    const { id } = execution;
    if (this.#stopped) return;
    const all = decisions.flatMap(({ events }) => events.map(({ event }) => event));
    const isUrgent = !all.every((event) => PROGRESS.has(event));
    const hasDeployed = all.some((event) => DEPLOYS.has(event));
    const before = this.#waiting.get(id);
    const inTime = before !== undefined && (before.isUrgent || !isUrgent);
    if (!inTime) before?.timer.cancel();
    const delayMs = seq === 1 ? 0 : isUrgent ? COALESCE_MS : PROGRESS_MS;
    const timer = inTime ? before.timer : this.#scheduler.after(delayMs, () => this.#write(id));
    this.#waiting.set(id, {
      ...{ execution, seq, timer },
      isUrgent: isUrgent || before?.isUrgent === true,
      hasDeployed: hasDeployed || before?.hasDeployed === true,
    });
  }

  #write(id: ExecutionId): void {
    const last = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (last !== undefined) void this.#put(last);
  }

  async #put(last: Waiting): Promise<void> {
    const { id, endedAt } = last.execution;
    try {
      // A pipeline may wait for days after a stage has deployed; of one that has ended its summary tells.
      if (last.hasDeployed && endedAt === null) await this.#putInstances(last.execution, last.seq);
      await this.#rows.putExecution(rowOf(last.execution, last.seq));
    } catch (error) {
      this.#onError(error);
      // What came since will be written, and says all of it.
      if (this.#stopped || !isPassing(error) || this.#waiting.has(id)) return;
      this.#waiting.set(id, { ...last, timer: this.#scheduler.after(AGAIN_MS, () => this.#write(id)) });
    }
  }

  async writeNow(execution: Execution, seq: number): Promise<void> {
    await this.#rows.putExecution(rowOf(execution, seq));
  }

  /** Carries out `writeSummary`: everything anybody will ask about an execution that has ended. */
  async writeSummary(
    command: CommandOf<'writeSummary'>,
    execution: Execution,
    seq: number,
    give: (id: ExecutionId, input: Input) => Promise<unknown>,
  ): Promise<number> {
    await this.#putInstances(execution, seq);
    await this.#rows.putExecution(rowOf(execution, seq));
    await give(executionOf(command.id), { input: 'summaryWritten' });
    return 1_000;
  }

  async #putInstances(execution: Execution, seq: number): Promise<void> {
    const instances = await withTraffic(execution, seq, instancesOf(execution, seq), this.#rows);
    if (instances.length > 0) await this.#rows.putInstances(instances);
  }
}
