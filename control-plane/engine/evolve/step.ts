/** The bookkeeping of a step's own events. */
import { attemptId } from '@fairlead/proto/model/ids.ts';
import { changedStep, changedTask } from '../changed.ts';
import type { EventOf } from '../events.ts';
import type { Execution, Step } from '../execution.ts';
import { newAttempt, newStep } from '../nodes.ts';
import { updateSection, updateStep } from '../tree.ts';

type StepEvent = EventOf<
  'StepStarted' | 'StepRetried' | 'StepWaiting' | 'InterventionAnswered' | 'StepEnded' | 'StepIgnored' | 'StepFailed'
>;

export function evolveStep(execution: Execution, event: StepEvent): Execution {
  switch (event.event) {
    case 'StepStarted':
      return startStep(execution, event);
    case 'StepFailed':
      return inSection(execution, event, {
        status: 'RUNNING',
        failure: event.failure,
        failedAt: event.at,
        waiting: null,
      });
    case 'StepEnded':
      return endStep(execution, event);
    default:
      return updateStep(execution, event.stepId, (node) => changed(node, event));
  }
}

function changed(
  node: Step,
  event: Exclude<StepEvent, { event: 'StepStarted' | 'StepEnded' | 'StepFailed' }>,
): Partial<Step> {
  switch (event.event) {
    case 'StepRetried':
      return retried(node, event);
    case 'StepWaiting':
      return { status: 'WAITING', waiting: event.waiting };
    case 'InterventionAnswered': {
      const { action, actor, reason, at } = event;
      return {
        status: 'RUNNING',
        waiting: null,
        interventions: [...node.interventions, { action, actor, reason, at }],
      };
    }
    case 'StepIgnored':
      return { ignored: true };
  }
}

function retried(node: Step, event: EventOf<'StepRetried'>): Partial<Step> {
  const again = new Set(event.targets);
  return {
    status: 'RUNNING',
    waiting: null,
    failure: null,
    failedAt: null,
    retries: node.retries + 1,
    tasks: node.tasks.map((task) => {
      if (!again.has(task.target)) return task;
      const attempt = newAttempt(attemptId(task.id, task.attempts.length + 1), event.at, event.actor ?? null);
      return changedTask(task, { status: 'QUEUED', attempts: [...task.attempts, attempt] });
    }),
  };
}

/** One that could not start before keeps what became of that. */
function startStep(execution: Execution, event: EventOf<'StepStarted'>): Execution {
  return updateSection(execution, event.stepId, (node) => {
    const known = node.steps.find((each) => each.id === event.stepId);
    if (known === undefined) return { steps: [...node.steps, newStep(event)] };
    const { retries, interventions } = known;
    const again = changedStep(newStep(event), { retries, interventions });
    return { steps: node.steps.map((each) => (each === known ? again : each)) };
  });
}

function endStep(execution: Execution, event: EventOf<'StepEnded'>): Execution {
  const { status, failure, skipped, at: endedAt } = event;
  return inSection(execution, event, { status, failure, failedAt: null, skipped, endedAt, waiting: null });
}

/** A step that never started (skipped, or impossible to start) comes into being with its end, or its failure. */
function inSection(execution: Execution, event: EventOf<'StepEnded' | 'StepFailed'>, change: Partial<Step>): Execution {
  return updateSection(execution, event.stepId, (node) => {
    const known = node.steps.some((each) => each.id === event.stepId);
    if (!known) {
      const fresh = newStep({ ...event, event: 'StepStarted', targets: [] });
      return { steps: [...node.steps, changedStep(fresh, change)] };
    }
    return { steps: node.steps.map((each) => (each.id === event.stepId ? changedStep(each, change) : each)) };
  });
}
