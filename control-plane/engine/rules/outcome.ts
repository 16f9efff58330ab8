/** What follows when a group of steps has come to rest: the hardest verdict on it is carried out, step by step (orchestration 9). */
import { isTerminal } from '@fairlead/proto/model/status.ts';
import type { Run, Step } from '../execution.ts';
import type { SectionPlace } from '../place.ts';
import { isToStartAgain } from '../nodes.ts';
import { planOfRun } from '../plan-of.ts';
import type { Turn } from '../turn.ts';
import { abortRun } from './abort.ts';
import { openAttemptsOf } from '../open-attempts.ts';
import { failStep } from './fail-step.ts';
import { goesBack } from './goes-back.ts';
import { waitForPerson } from './intervention.ts';
import { publishOutputs, withoutOutputs } from './publish.ts';
import { startRollback } from './rollback.ts';
import { hardestOf, retryAt, verdictsOn, type Verdict } from './verdict.ts';

/** `open`: something still runs or waits. */
export type Conclusion = 'passed' | 'open' | 'failed';

export function concludeGroup(turn: Turn, place: SectionPlace, steps: readonly (Step | undefined)[]): Conclusion {
  // Nearly all of them, with every decision on a section.
  if (steps.every(hasPassed)) return 'passed';
  if (!steps.every(isAtRest)) return 'open';
  const verdicts = verdictsOn(turn.execution, place, steps);
  const hardest = hardestOf(verdicts);
  if (hardest === undefined) return 'passed';
  // What follows from a failure is something new.
  if (turn.isPaused(place.run.id)) return 'open';
  const failing = steps.flatMap((step) => {
    const its = verdicts.filter((each) => each.step === step);
    const worst = hardestOf(its);
    return worst === undefined ? [] : [{ step: worst.step, worst, its }];
  });
  switch (hardest.action) {
    case 'RETRY':
      for (const each of failing) retry(turn, each);
      return 'open';
    case 'MANUAL_INTERVENTION':
      for (const { step, worst } of failing) {
        if (worst.action === hardest.action) waitForPerson(turn, step, worst.failure, worst.strategy);
      }
      return 'open';
    case 'IGNORE':
    case 'MARK_SUCCESS':
    case 'TOLERATE':
      for (const each of failing) pass(turn, place, each);
      return 'open'; // Look again: the group has passed now.
    default:
      for (const { step, worst } of failing) fail(turn, step, worst);
      follow(turn, place, hardest);
      return 'failed';
  }
}

const hasPassed = (step: Step | undefined): boolean =>
  (step?.status === 'SUCCESS' || step?.status === 'SKIPPED') && step.waiting === null;

const isAtRest = (step: Step | undefined): step is Step =>
  step !== undefined && !isToStartAgain(step) && step.waiting === null && openAttemptsOf(step).length === 0;

interface FailingStep {
  readonly step: Step;
  readonly worst: Verdict;
  /** One per failing target. */
  readonly its: readonly Verdict[];
}

/** Only the targets that are to be retried run again. */
function retry(turn: Turn, { step, worst, its }: FailingStep): void {
  const again = its.filter((each) => each.action === 'RETRY');
  if (worst.action !== 'RETRY' || turn.now < retryAt(step, again)) return;
  turn.emit({ event: 'StepRetried', stepId: step.id, targets: again.flatMap(({ task }) => task?.target ?? []) });
}

/** Its failures stay to be seen; the execution goes on, without the hosts that were tolerated. */
function pass(turn: Turn, { phase }: SectionPlace, { step, worst, its }: FailingStep): void {
  // What could not even start has ended as failed already.
  if (isTerminal(step.status)) return turn.emit({ event: 'StepIgnored', stepId: step.id });
  const known = new Set(turn.phase(phase.id).dropped);
  const hosts = its
    .filter((each) => each.action === 'TOLERATE')
    .flatMap(({ task }) => (task === null || known.has(task.target) ? [] : [task.target]));
  if (hosts.length > 0) turn.emit({ event: 'HostsDropped', phaseId: phase.id, hosts });
  const missing = publishOutputs(turn, step.id);
  if (worst.action === 'TOLERATE' && missing !== null) {
    // The hosts that are left count as if there had never been others: it is their step that fails, and is judged anew.
    return failStep(turn, step.id, missing);
  }
  const told = withoutOutputs(worst.failure, missing);
  const status = worst.action === 'IGNORE' ? 'FAILED' : 'SUCCESS';
  turn.emit({ event: 'StepEnded', stepId: step.id, status, failure: told, skipped: null });
  if (status === 'FAILED') turn.emit({ event: 'StepIgnored', stepId: step.id });
}

function fail(turn: Turn, step: Step, { failure }: Verdict): void {
  if (isTerminal(step.status)) return;
  turn.emit({ event: 'StepEnded', stepId: step.id, status: 'FAILED', failure, skipped: null });
}

/** A build has nothing to take back: it ends where it failed. */
const deploys = (turn: Turn, run: Run): boolean => planOfRun(turn.execution, run).type !== 'BUILD';

function follow(turn: Turn, { run, phase }: SectionPlace, { action, step, failure }: Verdict): void {
  if (action === 'ABORT') {
    abortRun(turn, turn.run(run.id), 'failure strategy', failure.message);
  } else if (!goesBack(turn.execution, run, phase) && deploys(turn, run)) {
    // Outside the phases there is none to roll back alone.
    const scope = action === 'ROLLBACK_PHASE' && phase.kind === 'FORWARD' ? 'PHASE' : 'WORKFLOW';
    const after = action === 'ROLLBACK_PROVISIONER_AFTER_PHASES' ? { provisioners: 'AFTER' as const } : {};
    startRollback(turn, run, { cause: step.id, actor: null, scope, failure, ...after });
  }
}
