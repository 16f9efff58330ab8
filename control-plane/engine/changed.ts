/**
 * A node with some of its fields changed. Every field is written out, because a literal is made in a fiftieth of the time
 * of a spread once something was derived from the node (`once.ts`): V8 leaves its fast path for objects with a private
 * field. The types see to it that none is forgotten.
 */
import type { Attempt, Execution, Phase, Run, Section, Step, Task } from './execution.ts';

export const changedExecution = (execution: Execution, change: Partial<Execution>): Execution => ({
  id: execution.id,
  plan: execution.plan,
  status: execution.status,
  startedAt: execution.startedAt,
  endedAt: execution.endedAt,
  settled: execution.settled,
  driver: execution.driver,
  epoch: execution.epoch,
  lastAt: execution.lastAt,
  parked: execution.parked,
  pause: execution.pause,
  runs: execution.runs,
  collected: execution.collected,
  permits: execution.permits,
  rollbackAsked: execution.rollbackAsked,
  outputs: execution.outputs,
  barriers: execution.barriers,
  summaryWritten: execution.summaryWritten,
  events: execution.events,
  ...change,
});

export const changedRun = (run: Run, change: Partial<Run>): Run => ({
  id: run.id,
  planId: run.planId,
  stageId: run.stageId,
  status: run.status,
  startedAt: run.startedAt,
  endedAt: run.endedAt,
  failure: run.failure,
  lock: run.lock,
  phases: run.phases,
  abort: run.abort,
  rollback: run.rollback,
  held: run.held,
  inputs: run.inputs,
  ...change,
});

export const changedPhase = (phase: Phase, change: Partial<Phase>): Phase => ({
  id: phase.id,
  kind: phase.kind,
  planId: phase.planId,
  name: phase.name,
  iteration: phase.iteration,
  undoes: phase.undoes,
  status: phase.status,
  startedAt: phase.startedAt,
  endedAt: phase.endedAt,
  hosts: phase.hosts,
  skipped: phase.skipped,
  dropped: phase.dropped,
  sections: phase.sections,
  ...change,
});

export const changedSection = (section: Section, change: Partial<Section>): Section => ({
  id: section.id,
  planId: section.planId,
  status: section.status,
  startedAt: section.startedAt,
  endedAt: section.endedAt,
  notBefore: section.notBefore,
  steps: section.steps,
  ...change,
});

export const changedStep = (step: Step, change: Partial<Step>): Step => ({
  id: step.id,
  planId: step.planId,
  status: step.status,
  startedAt: step.startedAt,
  endedAt: step.endedAt,
  failure: step.failure,
  failedAt: step.failedAt,
  skipped: step.skipped,
  ignored: step.ignored,
  retries: step.retries,
  waiting: step.waiting,
  interventions: step.interventions,
  approval: step.approval,
  ...(step.selectors === undefined ? {} : { selectors: step.selectors }),
  tasks: step.tasks,
  ...change,
});

export const changedTask = (task: Task, change: Partial<Task>): Task => ({
  id: task.id,
  target: task.target,
  status: task.status,
  attempts: task.attempts,
  ...change,
});

export const changedAttempt = (attempt: Attempt, change: Partial<Attempt>): Attempt => ({
  id: attempt.id,
  state: attempt.state,
  createdAt: attempt.createdAt,
  askedBy: attempt.askedBy,
  assignment: attempt.assignment,
  agentId: attempt.agentId,
  ledgerId: attempt.ledgerId,
  sessionId: attempt.sessionId,
  unassignable: attempt.unassignable,
  refusedBy: attempt.refusedBy,
  startedAt: attempt.startedAt,
  deadline: attempt.deadline,
  unknownSince: attempt.unknownSince,
  cancel: attempt.cancel,
  checkpoints: attempt.checkpoints,
  result: attempt.result,
  endedAt: attempt.endedAt,
  ...change,
});
