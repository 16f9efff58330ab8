/**
 * Finding and replacing nodes of the execution's tree. A node's id is the path to it, so nothing is searched but the
 * children of one parent; replacing copies one path and leaves every other node the same object (which is what
 * memoizing per node rests on).
 */
import { taskId, taskOf, type AttemptId, type NodeId } from '@fairlead/proto/model/ids.ts';
import {
  changedAttempt,
  changedExecution,
  changedPhase,
  changedRun,
  changedSection,
  changedStep,
  changedTask,
} from './changed.ts';
import { once } from './once.ts';
import type { Attempt, Execution, Phase, Run, Section, Step, Task } from './execution.ts';

/** How many parts of the path name a node of that kind: `x/run/phase/section/step`. */
const PARTS = { run: 2, phase: 3, section: 4, step: 5 } as const;

/** Where the id of the ancestor of that kind (or of the node itself) ends: a target may have slashes of its own. */
function endOf(id: string, kind: keyof typeof PARTS): number {
  const at = id.indexOf('@');
  const end = at < 0 ? id.length : at;
  let slash = -1;
  for (let parts = PARTS[kind]; parts > 0; parts -= 1) {
    slash = id.indexOf('/', slash + 1);
    if (slash < 0 || slash >= end) return end;
  }
  return slash;
}

/** Called for every level of every change: it only cuts. */
const ancestor = (id: string, kind: keyof typeof PARTS): NodeId => id.slice(0, endOf(id, kind));

/** `section/step` of `x/run/phase/section/step@target#1`. */
export const pathInPhase = (id: string): string => id.slice(endOf(id, 'phase') + 1, endOf(id, 'step'));

export const parentOf = (id: NodeId): NodeId => id.slice(0, id.lastIndexOf('/'));

/** Of so few nodes one is found sooner by looking at each. */
const FEW = 16;

/**
 * Where each stands among its siblings: what is done on a thousand hosts is asked for one of them with every event. Kept
 * with the first of them, which changes seldom; siblings never change places.
 */
const places = once(
  (_: object, siblings: readonly { readonly id: string }[]) => new Map(siblings.map(({ id }, index) => [id, index])),
);

function placeOf(nodes: readonly { readonly id: string }[], id: string): number {
  const [first] = nodes;
  if (first !== undefined && nodes.length > FEW) {
    const place = places(first, nodes).get(id);
    if (place !== undefined && nodes[place]?.id === id) return place;
  }
  // What changes is nearly always among the last.
  for (let index = nodes.length - 1; index >= 0; index -= 1) if (nodes[index]?.id === id) return index;
  return -1;
}

const find = <N extends { readonly id: string }>(nodes: readonly N[], id: string): N | undefined =>
  nodes[placeOf(nodes, id)];

export const findRun = (execution: Execution, id: string): Run | undefined => find(execution.runs, ancestor(id, 'run'));
export const findPhase = (execution: Execution, id: string): Phase | undefined =>
  find(findRun(execution, id)?.phases ?? [], ancestor(id, 'phase'));
export const findSection = (execution: Execution, id: string): Section | undefined =>
  find(findPhase(execution, id)?.sections ?? [], ancestor(id, 'section'));
export const findStep = (execution: Execution, id: string): Step | undefined =>
  find(findSection(execution, id)?.steps ?? [], ancestor(id, 'step'));

export const findTask = (execution: Execution, id: string): Task | undefined =>
  find(findStep(execution, id)?.tasks ?? [], id.includes('#') ? taskOf(id) : id);
export const findAttempt = (execution: Execution, id: AttemptId): Attempt | undefined =>
  find(findTask(execution, id)?.attempts ?? [], id);

export const lastAttempt = (task: Task): Attempt | undefined => task.attempts.at(-1);
export const taskIn = (step: Step, target: string): Task | undefined => find(step.tasks, taskId(step.id, target));

/** The same nodes but for that one. */
export function replace<N extends { readonly id: string }>(
  nodes: readonly N[],
  id: string,
  change: (node: N) => N,
): readonly N[] {
  const place = placeOf(nodes, id);
  const node = nodes[place];
  if (node === undefined) throw new Error(`no node ${id}`);
  const changed = nodes.slice();
  changed[place] = change(node);
  return changed;
}

/** Which fields of the node become different, and how. */
type Change<N> = (node: N) => Partial<N>;

export const updateRun = (execution: Execution, id: string, change: Change<Run>): Execution =>
  changedExecution(execution, {
    runs: replace(execution.runs, ancestor(id, 'run'), (run) => changedRun(run, change(run))),
  });

export const updatePhase = (execution: Execution, id: string, change: Change<Phase>): Execution =>
  updateRun(execution, id, ({ phases }) => ({
    phases: replace(phases, ancestor(id, 'phase'), (phase) => changedPhase(phase, change(phase))),
  }));

export const updateSection = (execution: Execution, id: string, change: Change<Section>): Execution =>
  updatePhase(execution, id, ({ sections }) => ({
    sections: replace(sections, ancestor(id, 'section'), (section) => changedSection(section, change(section))),
  }));

export const updateStep = (execution: Execution, id: string, change: Change<Step>): Execution =>
  updateSection(execution, id, ({ steps }) => ({
    steps: replace(steps, ancestor(id, 'step'), (step) => changedStep(step, change(step))),
  }));

export const updateTask = (execution: Execution, id: string, change: Change<Task>): Execution =>
  updateStep(execution, id, ({ tasks }) => ({
    tasks: replace(tasks, id.includes('#') ? taskOf(id) : id, (task) => changedTask(task, change(task))),
  }));

export const updateAttempt = (execution: Execution, id: AttemptId, change: Change<Attempt>): Execution =>
  updateTask(execution, id, ({ attempts }) => ({
    attempts: replace(attempts, id, (attempt) => changedAttempt(attempt, change(attempt))),
  }));
