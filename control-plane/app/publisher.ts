/** Tells everybody who follows an execution that it moved: projections, watchers here, the other replicas. */
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { Scheduler } from '@fairlead/proto/model/system.ts';
import { subjects } from '@fairlead/proto/subjects.ts';
import type { Execution } from '../engine/execution.ts';
import type { Bus, Subscription } from '../ports/bus.ts';
import type { Decision } from './deliberate.ts';

/** Doorbells of one execution within this time are one. Milliseconds. */
const DOORBELL_MS = 25;

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
      const { executionId } = payload;
      if (typeof executionId === 'string') this.#tell(executionId);
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
    const waiting = this.#ringing.has(executionId);
    this.#ringing.set(executionId, seq);
    if (waiting) return;
    this.#scheduler.after(DOORBELL_MS, () => {
      const last = this.#ringing.get(executionId) ?? seq;
      this.#ringing.delete(executionId);
      this.#bus.publish(subjects.heads, { executionId, seq: last });
    });
  }

  #tell(executionId: ExecutionId): void {
    for (const watcher of this.#watchers) watcher(executionId);
  }
}
