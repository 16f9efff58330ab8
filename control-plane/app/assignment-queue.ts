/**
 * Assignments that no agent could take, by what they need of one. Whoever gets room is given as many as it has room for,
 * oldest first, and nobody else is woken: of a thousand that wait for one agent, one goes on at a time.
 */
import type { AgentId } from '@fairlead/proto/model/ids.ts';
import type { CommandOf } from '../engine/commands.ts';
import type { Input } from '../engine/inputs.ts';
import type { AgentDirectory } from './agent-directory.ts';
import type { Requirements } from './nobody-may.ts';

type Assign = CommandOf<'assign'>;
export type Chosen = Extract<Input, { input: 'agentChosen' }>;

interface Waiter {
  readonly command: Assign;
  readonly isWanted: () => boolean;
  readonly resolve: (chosen: Chosen | null) => void;
}

interface Queue {
  readonly needs: Requirements;
  /** Somebody may, but all who may had their hands full. */
  isBusy: boolean;
  readonly waiters: Set<Waiter>;
  /** How many there were when those that nobody wants any more were last taken out. */
  cleared: number;
}

/** Of fewer, those that nobody wants any more are left where they are. */
const FEW = 64;

export class AssignmentQueue {
  readonly #agents: AgentDirectory;
  readonly #choose: (command: Assign) => Chosen | null;
  /** By one of the selectors ('': there is none), then by all that is needed: an agent that changed concerns few of them. */
  readonly #queues = new Map<string, Map<string, Queue>>();

  constructor(agents: AgentDirectory, choose: (command: Assign) => Chosen | null) {
    this.#agents = agents;
    this.#choose = choose;
    agents.onChange((agentId, change) => this.#changed(agentId, change));
  }

  /** Resolves with the agent it was given to; null: nobody is left who could take it, look again. */
  wait(command: Assign, isBusy: boolean, isWanted: () => boolean): Promise<Chosen | null> {
    const queue = this.#queueFor(command);
    queue.isBusy = isBusy;
    if (queue.waiters.size > 2 * queue.cleared) {
      for (const waiter of queue.waiters) if (!waiter.isWanted()) queue.waiters.delete(waiter);
      queue.cleared = Math.max(FEW, queue.waiters.size);
    }
    return new Promise((resolve) => queue.waiters.add({ command, isWanted, resolve }));
  }

  #queueFor({ type, selectors, avoid }: Assign): Queue {
    const [first = ''] = selectors;
    const queues = this.#queues.get(first) ?? new Map<string, Queue>();
    this.#queues.set(first, queues);
    const key = JSON.stringify([type, selectors, avoid]);
    const queue = queues.get(key) ?? {
      needs: { type, selectors, avoid },
      isBusy: false,
      waiters: new Set(),
      cleared: FEW,
    };
    queues.set(key, queue);
    return queue;
  }

  #changed(agentId: AgentId, change: 'room' | 'left'): void {
    const carried = this.#agents.presence(agentId)?.hello.selectors ?? [];
    for (const first of ['', ...carried]) {
      const queues = this.#queues.get(first);
      if (queues === undefined) continue;
      for (const [key, queue] of queues) {
        if (change === 'room') this.#give(queue, agentId);
        // Those for whom all were busy must learn that nobody is left.
        else if (queue.isBusy && 'none' in this.#agents.choose(queue.needs)) this.#giveUp(queue);
        if (queue.waiters.size === 0) queues.delete(key);
      }
      if (queues.size === 0) this.#queues.delete(first);
    }
  }

  #give({ needs, waiters }: Queue, agentId: AgentId): void {
    for (const waiter of waiters) {
      if (!this.#agents.fits(agentId, needs)) return;
      waiters.delete(waiter);
      // What nobody wants any more must not take the room of the next.
      if (waiter.isWanted()) waiter.resolve(this.#choose(waiter.command));
    }
  }

  #giveUp({ waiters }: Queue): void {
    for (const waiter of waiters) waiter.resolve(null);
    waiters.clear();
  }
}
