/** Tells everybody who follows an execution that it moved: projections, watchers here, the other replicas. */
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { Scheduler } from '@fairlead/proto/model/system.ts';
import { subjects } from '@fairlead/proto/subjects.ts';
import type { Execution } from '../engine/execution.ts';
import type { Bus, Subscription } from '../ports/bus.ts';
import type { Decision } from './deliberate.ts';

/** Doorbells within this time are one message. Milliseconds. */
const DOORBELL_MS = 25;
/** Executions a message, so that it stays far under what the bus carries. */
const BATCH = 1_000;

/** What is said on `subjects.heads`: executions whose journal grew, and how far. */
export interface Doorbell {
  readonly heads: readonly { readonly executionId: ExecutionId; readonly seq: number }[];
}

export type Follower = (execution: Execution, seq: number, decisions: readonly Decision[]) => void;
type Watcher = (executionId: ExecutionId) => void;

export class Publisher {
  readonly #bus: Bus;
  readonly #scheduler: Scheduler;
  readonly #followers: Follower[] = [];
  readonly #watchers = new Set<Watcher>();
  readonly #ringing = new Map<ExecutionId, number>();
  #subscription: Subscription | null = null;

  constructor(bus: Bus, scheduler: Scheduler) {
    this.#bus = bus;
    this.#scheduler = scheduler;
  }

  /** Every append made here, in order per execution. A follower never throws. */
  follow(follower: Follower): void {
    this.#followers.push(follower);
  }

  /** Called when an execution may have moved, here or elsewhere; calls may be lost, so look once a second as well. */
  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  start(): void {
    this.#subscription = this.#bus.subscribe(subjects.heads, (payload) => {
      const { heads } = payload as unknown as Doorbell; // Only replicas may publish there, and they send doorbells.
      for (const { executionId } of heads) this.#tell(executionId);
    });
  }

  stop(): void {
    this.#subscription?.end();
  }

  publish(execution: Execution, seq: number, decisions: readonly Decision[]): void {
    for (const follower of this.#followers) follower(execution, seq, decisions);
    this.#ring(execution.id, seq);
  }

  #ring(executionId: ExecutionId, seq: number): void {
    if (this.#ringing.size === 0) this.#scheduler.after(DOORBELL_MS, () => this.#ringAll());
    this.#ringing.set(executionId, seq);
  }

  #ringAll(): void {
    const heads = [...this.#ringing].map(([executionId, seq]) => ({ executionId, seq }));
    this.#ringing.clear();
    for (let at = 0; at < heads.length; at += BATCH) {
      this.#bus.publish(subjects.heads, { heads: heads.slice(at, at + BATCH) });
    }
  }

  #tell(executionId: ExecutionId): void {
    for (const watcher of this.#watchers) watcher(executionId);
  }
}
