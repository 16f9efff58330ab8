/** An execution as people see it: a header, and its tree as flat nodes. A function of the state. */
import type { ExecutionView, NodeView } from '@fairlead/proto/live.ts';
import type { Status } from '@fairlead/proto/model/status.ts';
import type { Attempt, Execution, Phase, Run, Section, Step, Task } from '../engine/execution.ts';
import type { RunPlan, SectionPlan } from '../engine/plan.ts';
import { waitingSteps } from '../engine/rules/waiting.ts';
import { lastAttempt } from '../engine/tree.ts';
import { planOfRun, sectionsOf } from '../engine/turn.ts';
import { headerOf } from './execution-header.ts';
import { statusOfRun, waitingText } from './run-status.ts';

export type AgentName = (agentId: string) => string;

export function viewOf(execution: Execution, seq: number, agentName: AgentName): ExecutionView {
  return { seq, header: headerOf(execution), nodes: nodesOf(execution, agentName) };
}

/** As it looks when nobody drives it because it is broken. */
export function broken(view: ExecutionView, reason: string | null): ExecutionView {
  const { header } = view;
  if (reason === null || header.endedAt !== null) return view;
  return { ...view, header: { ...header, status: 'BROKEN', parked: header.parked ?? reason } };
}

const viewed = new WeakMap<Phase, readonly NodeView[]>();

/** Every node reached so far, and the steps that open phases have before them. Ended phases are remembered. */
function nodesOf(execution: Execution, agentName: AgentName): readonly NodeView[] {
  return execution.runs.flatMap((run, order) => {
    const plan = planOfRun(execution, run);
    const phases = run.phases.flatMap((phase, index) => {
      const known = viewed.get(phase) ?? nodesOfPhase(plan, run, phase, index, agentName);
      viewed.set(phase, known);
      return withWaiting(execution, run, known);
    });
    const own = node(
      run.id,
      null,
      'run',
      order,
      plan.name ?? plan.workflow.name,
      { ...run, status: statusOfRun(run) },
      { failure: run.failure },
    );
    return [own, ...phases, ...nodesAhead(plan, run)];
  });
}

/** What a step waits for is told anew each time: it may be about other runs. */
function withWaiting(execution: Execution, run: Run, nodes: readonly NodeView[]): readonly NodeView[] {
  const waiting = new Map(waitingSteps(run).map((step) => [step.id, step.waiting]));
  if (waiting.size === 0) return nodes;
  return nodes.map((each) => {
    const waits = waiting.get(each.id);
    return waits === undefined ? each : { ...each, note: waitingText(execution, run, waits), until: waits.until };
  });
}

function nodesAhead(plan: RunPlan, run: Run): readonly NodeView[] {
  const started = new Set(run.phases.map((phase) => phase.planId));
  return plan.phases
    .filter((phase) => !started.has(phase.id))
    .map((phase, index) =>
      node(`${run.id}/${phase.id}.0`, run.id, 'phase', run.phases.length + index, phase.name, AHEAD),
    );
}

const AHEAD = { status: null, startedAt: null, endedAt: null } as const;

interface Times {
  readonly status: Status | null;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

function node(
  id: string,
  parent: string | null,
  kind: NodeView['kind'],
  order: number,
  name: string,
  { status, startedAt, endedAt }: Times,
  more: Partial<NodeView> = {},
): NodeView {
  return {
    id,
    parent,
    kind,
    order,
    name,
    status,
    startedAt,
    endedAt,
    rollback: false,
    target: null,
    agent: null,
    failure: null,
    note: null,
    outputs: null,
    attemptId: null,
    ...more,
  };
}

function nodesOfPhase(plan: RunPlan, run: Run, phase: Phase, order: number, agentName: AgentName): readonly NodeView[] {
  const rollback = phase.kind === 'ROLLBACK';
  const note = phase.dropped.length > 0 ? `without ${phase.dropped.join(', ')}` : null;
  const own = node(phase.id, run.id, 'phase', order, phase.name, phase, { rollback, note });
  const sections = sectionsOf(plan, run, phase).flatMap((section, index) => {
    const state = phase.sections.find((each) => each.planId === section.id);
    // An empty section is of no interest to anybody.
    return section.steps.length === 0 ? [] : nodesOfSection(phase, section, state, index, rollback, agentName);
  });
  return [own, ...sections];
}

function nodesOfSection(
  phase: Phase,
  plan: SectionPlan,
  section: Section | undefined,
  order: number,
  rollback: boolean,
  agentName: AgentName,
): readonly NodeView[] {
  const id = `${phase.id}/${plan.id}`;
  const steps = plan.steps.flatMap((stepPlan, index) => {
    const step = section?.steps.find((each) => each.planId === stepPlan.id);
    const stepId = `${id}/${stepPlan.id}`;
    if (step === undefined) return [node(stepId, id, 'step', index, stepPlan.name, AHEAD, { rollback })];
    const own = node(stepId, id, 'step', index, stepPlan.name, step, {
      rollback,
      failure: step.failure,
      note: noteOn(step),
    });
    return [own, ...step.tasks.map((task, number) => nodeOfTask(step, task, number, rollback, agentName))];
  });
  return [node(id, phase.id, 'section', order, plan.name, section ?? AHEAD, { rollback }), ...steps];
}

function noteOn(step: Step): string | null {
  if (step.ignored) return 'failed, ignored';
  if (step.skipped !== null) return `skipped: ${step.skipped}`;
  return step.retries > 0 ? `retried ${step.retries} times` : null;
}

/** A task is shown with what its newest attempt says; the attempts before it keep their logs. */
function nodeOfTask(step: Step, task: Task, order: number, rollback: boolean, agentName: AgentName): NodeView {
  const attempt = lastAttempt(task);
  const times = { status: task.status, startedAt: attempt?.startedAt ?? null, endedAt: attempt?.endedAt ?? null };
  return node(task.id, step.id, 'task', order, task.target === '-' ? 'on the agent' : task.target, times, {
    rollback,
    target: task.target === '-' ? null : task.target,
    agent: attempt?.agentId == null ? null : agentName(attempt.agentId),
    failure: attempt?.result?.failure ?? null,
    note: noteOnAttempt(attempt),
    outputs: attempt?.result?.outputs ?? null,
    attemptId: attempt?.id ?? null,
  });
}

function noteOnAttempt(attempt: Attempt | undefined): string | null {
  if (attempt === undefined) return null;
  if (attempt.unassignable !== null && attempt.state === 'PENDING') return attempt.unassignable.failure.message;
  if (attempt.state === 'UNKNOWN') return 'its agent is lost';
  if (attempt.cancel !== null && attempt.state !== 'ENDED') return 'being stopped';
  if (attempt.result?.confirmed === false) return 'stopped, but its end was not seen';
  return attempt.result?.notes?.join('; ') ?? null;
}
