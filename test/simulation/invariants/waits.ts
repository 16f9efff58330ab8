/** Whatever waits for people, peers or permits has an end, and somebody notices when it has come. */
import type { Execution } from '../../../control-plane/engine/execution.ts';
import { findRun, findStep } from '../../../control-plane/engine/tree.ts';
import type { Change } from '../journals.ts';
import { firstOf, type Finding, type Observed } from './observed.ts';

/** For a takeover, and for wall clocks that were set back meanwhile. Milliseconds. */
const LATE_MS = 60_000;

export class Waits {
  /** Step → when its waiting ends by the clock of the world. */
  readonly #until = new Map<string, number>();

  appended({ moves }: Change, elapsed: number): void {
    for (const { event } of moves) {
      if (event.event !== 'StepWaiting') continue;
      this.#until.set(event.stepId, elapsed + event.waiting.until - event.waiting.since);
    }
  }

  /** `disturbedAt`: until when control planes were kept from their work. */
  overdue(elapsed: number, disturbedAt: number, { journals }: Observed): Finding {
    return firstOf(this.#until, ([stepId, until]) => {
      const lateMs = elapsed - Math.max(until, disturbedAt);
      if (lateMs <= LATE_MS) return null;
      this.#until.delete(stepId);
      const execution = journals.execution(stepId.slice(0, stepId.indexOf('/')));
      if (execution === null || !stillWaits(execution, stepId)) return null;
      return `${stepId} still waits, ${Math.round(lateMs)} ms after its end`;
    });
  }
}

/** One that is broken waits for an abort, and nothing else. */
function stillWaits(execution: Execution, stepId: string): boolean {
  const run = findRun(execution, stepId);
  if (execution.parked !== null || run === undefined || run.abort !== null || run.endedAt !== null) return false;
  return run.rollback === null && findStep(execution, stepId)?.waiting != null;
}
