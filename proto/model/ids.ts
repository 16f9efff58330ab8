/**
 * Identities. Every id is opaque text; the brand only keeps one kind from being passed where another is meant.
 * Ids inside an execution are paths made of parts that already stand in its events, so the next release derives the
 * same ones: `<execution>/<run>`, `…/<phase>.<iteration>`, `…/<section>`, `…/<step>`, `…@<target>` (a task), `…#<n>` (an attempt).
 */
declare const kind: unique symbol;
type Id<K extends string> = string & { readonly [kind]?: K };

export type ExecutionId = Id<'execution'>;
/** A workflow run, a phase run, a section run, a step run: a node of the execution's tree. */
export type NodeId = Id<'node'>;
export type TaskId = Id<'task'>;
export type AttemptId = Id<'attempt'>;
export type AgentId = Id<'agent'>;
/** Made once with an agent's ledger directory; a wiped disk is a new ledger. */
export type LedgerId = Id<'ledger'>;
/** One incarnation of a control-plane process. */
export type ReplicaId = Id<'replica'>;
/** sha-256 of a blob's bytes, hexadecimal. */
export type BlobHash = Id<'blob'>;

/** The task of a step at a target; a step that runs once, at no host, has the target `-`. */
export const taskId = (step: NodeId, target: string): TaskId => `${step}@${target}`;
export const attemptId = (task: TaskId, number: number): AttemptId => `${task}#${number}`;

/** The execution a node, task or attempt belongs to: everything before the first slash. */
export function executionOf(id: string): ExecutionId {
  const slash = id.indexOf('/');
  return slash < 0 ? id : id.slice(0, slash);
}

/** Where the work of an attempt is done. */
export function targetOf(attempt: AttemptId): string {
  return attempt.slice(attempt.indexOf('@') + 1, attempt.lastIndexOf('#'));
}

/** The task an attempt belongs to. */
export function taskOf(attempt: AttemptId): TaskId {
  return attempt.slice(0, attempt.lastIndexOf('#'));
}
