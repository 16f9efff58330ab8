/** People and their scripts: they ask some control plane, and ask again until one answers. */
import { FailureError } from '@fairlead/proto/model/failure.ts';
import type { Random } from '@fairlead/proto/model/system.ts';
import type { Input } from '../../control-plane/engine/inputs.ts';
import type { Plan } from '../../control-plane/engine/plan.ts';
import type { Replica } from '../../control-plane/app/replica.ts';
import type { VirtualSystem } from '../support/virtual-system.ts';
import type { History } from './history.ts';
import type { ReplicaProcess } from './replica-process.ts';

/** How long they wait for an answer. */
const PATIENCE_MS = 3_000;

export class People {
  /** Requests that are not answered yet. */
  waiting = 0;
  readonly #system: VirtualSystem;
  readonly #replicas: readonly ReplicaProcess[];
  readonly #history: History;
  readonly #random: Random;
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
    this.#random = system.spawn('people').random;
    this.#onBug = onBug;
  }

  async start(plan: Plan): Promise<void> {
    await this.#ask(`start ${plan.executionId}`, (replica) => replica.drivers.start(plan));
  }

  async submit(executionId: string, input: Input & { readonly input: 'abort' | 'rollback' }): Promise<void> {
    await this.#ask(`${input.input} ${executionId}`, (replica) => replica.router.submit(executionId, input));
  }

  async #ask(what: string, ask: (replica: Replica) => Promise<unknown>): Promise<void> {
    this.waiting += 1;
    for (;;) {
      const live = this.#replicas.flatMap((each) => (each.replica === null ? [] : [each]));
      const at = live[Math.floor(this.#random.fraction() * live.length)];
      const answer = at?.replica == null ? 'nobody' : await this.#answerOf(ask(at.replica));
      this.#history.note('person', `${what} at ${at?.name ?? 'nobody'}: ${answer}`);
      if (answer === 'answered' || answer === 'refused') break;
      await this.#system.scheduler.sleep(200 + this.#random.fraction() * 600);
    }
    this.waiting -= 1;
  }

  async #answerOf(asked: Promise<unknown>): Promise<'answered' | 'refused' | 'away'> {
    const answer = asked.then(
      () => 'answered' as const,
      (error: unknown) => {
        if (!(error instanceof FailureError)) this.#onBug(`a person was answered ${String(error)}`);
        const away = error instanceof FailureError && error.failures.some((each) => AGAIN.has(each.code));
        return away ? ('away' as const) : ('refused' as const);
      },
    );
    return Promise.race([answer, this.#system.scheduler.sleep(PATIENCE_MS).then(() => 'away' as const)]);
  }
}

const AGAIN: ReadonlySet<string> = new Set(['UNAVAILABLE', 'CONFLICT']);
