/** People and their scripts: they ask some control plane, and ask again until one answers. */
import { FailureError } from '@fairlead/proto/model/failure.ts';
import type { Plan } from '../../control-plane/engine/plan.ts';
import type { VirtualSystem } from '../support/virtual-system.ts';
import type { Request } from './actions.ts';
import { Dice } from './dice.ts';
import type { History } from './history.ts';
import type { ReplicaProcess } from './replica-process.ts';
import { PLANTED_BUG } from './trouble.ts';

/** How long they wait for an answer. */
const PATIENCE_MS = 3_000;

type Answer = 'answered' | 'refused' | 'away';

export class People {
  /** What is not answered yet, and since when it was asked. */
  readonly #asking = new Map<symbol, { readonly what: string; readonly since: number }>();
  /** Their chance. */
  readonly dice: Dice;
  readonly #system: VirtualSystem;
  readonly #replicas: readonly ReplicaProcess[];
  readonly #history: History;
  readonly #onBug: (text: string) => void;

  constructor(
    system: VirtualSystem,
    replicas: readonly ReplicaProcess[],
    history: History,
    onBug: (text: string) => void,
  ) {
    this.#system = system;
    this.#replicas = replicas;
    this.#history = history;
    this.dice = new Dice(system.spawn('people').random);
    this.#onBug = onBug;
  }

  /** Requests that are not answered yet. */
  get waiting(): number {
    return this.#asking.size;
  }

  /** What was asked before that moment and is not answered yet; null when everything is. */
  unanswered(before: number): string | null {
    for (const { what, since } of this.#asking.values()) if (since < before) return what;
    return null;
  }

  async ask(what: string, request: Request): Promise<void> {
    const asked = Symbol(what);
    this.#asking.set(asked, { what, since: this.#system.elapsed });
    for (;;) {
      const live = this.#replicas.flatMap((each) => each.front ?? []);
      const front = live.length === 0 ? null : this.dice.pick(live);
      const answer = front === null ? 'away' : await this.#answerOf(this.#carry(front, request));
      this.#history.note('person', `${what} at ${front?.name ?? 'nobody'}: ${answer}`);
      if (answer !== 'away') break;
      await this.#system.scheduler.sleep(200 + this.dice.fraction() * 600);
    }
    this.#asking.delete(asked);
  }

  async #carry({ replica, useCases }: NonNullable<ReplicaProcess['front']>, request: Request): Promise<unknown> {
    return request({ useCases, start: (plan: Plan) => replica.drivers.start(plan) });
  }

  async #answerOf(asked: Promise<unknown>): Promise<Answer> {
    const answer = asked.then(
      () => 'answered' as const,
      (error: unknown) => {
        // A reason may tell of the bug that was planted, and is a reason all the same.
        if (error instanceof FailureError) {
          return error.failures.some((each) => AGAIN.has(each.code)) ? ('away' as const) : ('refused' as const);
        }
        const text = String(error);
        if (!text.includes(PLANTED_BUG)) this.#onBug(`a person was answered ${text}`);
        return 'away' as const;
      },
    );
    return Promise.race([answer, this.#system.scheduler.sleep(PATIENCE_MS).then(() => 'away' as const)]);
  }
}

const AGAIN: ReadonlySet<string> = new Set(['UNAVAILABLE', 'CONFLICT', 'OVERLOADED']);
