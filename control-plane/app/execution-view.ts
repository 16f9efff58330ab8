/** An execution as people see it: a header, and its tree as flat nodes. A function of the state. */
import type { ExecutionView, NodeView } from '@fairlead/proto/live.ts';
import { isTerminal, type Status } from '@fairlead/proto/model/status.ts';
import type { Execution, Phase, Run, Section } from '../engine/execution.ts';
import type { RunPlan, SectionPlan } from '../engine/plan.ts';
import { interventionChoices } from '../engine/rules/intervention.ts';
import { waitingSteps } from '../engine/rules/waiting.ts';
import { nameOfRun, planOfRun, sectionsOf } from '../engine/plan-of.ts';
import { headerOf } from './execution-header.ts';
import { statusOfRun } from './run-status.ts';
import { waitingText } from './run-waiting.ts';
import { nodesOfTasks, noteOnStep } from './task-view.ts';
import { AHEAD, node, type AgentName } from './view-node.ts';

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
      nameOfRun(plan),
      { ...run, status: shownStatus(execution, run) },
      { failure: run.failure },
    );
    return [own, ...phases, ...nodesAhead(plan, run)];
  });
}

/** One that has not had its turn is ahead, like a phase; once all is over it never will have. */
function shownStatus({ endedAt }: Execution, run: Run): Status | null {
  const wasReached = run.startedAt !== null || run.inputs !== null || run.abort !== null || isTerminal(run.status);
  if (wasReached) return statusOfRun(run);
  return endedAt === null ? null : 'SKIPPED';
}

/** What a step waits for is told anew each time: it may be about other runs. */
function withWaiting(execution: Execution, run: Run, nodes: readonly NodeView[]): readonly NodeView[] {
  const waiting = new Map(waitingSteps(run).map((step) => [step.id, step.waiting]));
  if (waiting.size === 0) return nodes;
  return nodes.map((each) => {
    const waits = waiting.get(each.id);
    if (waits === undefined) return each;
    const choices = waits.on === 'INTERVENTION' ? { choices: interventionChoices(execution, each.id) } : {};
    return { ...each, note: waitingText(execution, run, waits), until: waits.until, ...choices };
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

function nodesOfPhase(plan: RunPlan, run: Run, phase: Phase, order: number, agentName: AgentName): readonly NodeView[] {
  const rollback = phase.kind === 'ROLLBACK';
  const note = phase.skipped ?? (phase.dropped.length > 0 ? `without ${phase.dropped.join(', ')}` : null);
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
      note: noteOnStep(phase, step),
    });
    return [own, ...nodesOfTasks(step, rollback, agentName)];
  });
  return [node(id, phase.id, 'section', order, plan.name, section ?? AHEAD, { rollback }), ...steps];
}
