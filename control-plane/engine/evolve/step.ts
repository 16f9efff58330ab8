/** The bookkeeping of a step's own events. */
import { attemptId } from '@fairlead/proto/model/ids.ts';
import type { EventOf } from '../events.ts';
import type { Execution, Step } from '../execution.ts';
import { newAttempt, newStep } from '../nodes.ts';
import { updateSection, updateStep } from '../tree.ts';

type StepEvent = EventOf<
  'StepStarted' | 'StepRetried' | 'StepWaiting' | 'InterventionAnswered' | 'StepEnded' | 'StepIgnored'
>;

export function evolveStep(execution: Execution, event: StepEvent): Execution {
  switch (event.event) {
    case 'StepStarted':
      return updateSection(execution, event.stepId, (node) => ({ ...node, steps: [...node.steps, newStep(event)] }));
    case 'StepEnded':
      return endStep(execution, event);
    default:
      return updateStep(execution, event.stepId, (node) => changed(node, event));
  }
}

function changed(node: Step, event: Exclude<StepEvent, { event: 'StepStarted' | 'StepEnded' }>): Step {
  switch (event.event) {
    case 'StepRetried':
      return retried(node, event);
    case 'StepWaiting':
      return { ...node, status: 'WAITING', waiting: event.waiting };
    case 'InterventionAnswered': {
      const { action, actor, reason, at } = event;
      return {
        ...node,
        status: 'RUNNING',
        waiting: null,
        interventions: [...node.interventions, { action, actor, reason, at }],
      };
    }
    case 'StepIgnored':
      return { ...node, ignored: true };
  }
}

function retried(node: Step, event: EventOf<'StepRetried'>): Step {
  const again = new Set(event.targets);
  return {
    ...node,
    status: 'RUNNING',
    waiting: null,
    retries: node.retries + 1,
    tasks: node.tasks.map((task) => {
      if (!again.has(task.target)) return task;
      const attempt = newAttempt(attemptId(task.id, task.attempts.length + 1), event.at, event.actor ?? null);
      return { ...task, status: 'QUEUED', attempts: [...task.attempts, attempt] };
    }),
  };
}

/** A step that never started (skipped, or impossible to start) comes into being with its end. */
function endStep(execution: Execution, event: EventOf<'StepEnded'>): Execution {
  return updateSection(execution, event.stepId, (node) => {
    const { status, failure, skipped, at: endedAt } = event;
    const ending = { status, failure, skipped, endedAt, waiting: null };
    const known = node.steps.some((each) => each.id === event.stepId);
    if (!known) {
      const fresh = newStep({ ...event, event: 'StepStarted', targets: [] });
      return { ...node, steps: [...node.steps, { ...fresh, ...ending }] };
    }
    return { ...node, steps: node.steps.map((each) => (each.id === event.stepId ? { ...each, ...ending } : each)) };
  });
}
