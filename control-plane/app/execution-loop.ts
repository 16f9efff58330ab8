/**
 * The loop of one execution: load → decide → append → evolve → publish → send what is wanted. Everything else in the
 * control plane either puts inputs into this mailbox or carries out what comes out of it. Nothing is sent that does not
 * follow a successful append in this epoch.
 */
import type { Input } from '../engine/inputs.ts';
import { withAtHand } from './at-hand.ts';
import { deliberate } from './deliberate.ts';
import { EngineBug } from './engine.ts';
import type { Loaded } from './history.ts';
import type { LoopWorld, Outcome } from './loop-world.ts';
import { Mailbox, type Letter } from './mailbox.ts';
import type { Outbound } from './outbound.ts';
import { Tenure } from './tenure.ts';

export class ExecutionLoop {
  readonly #mailbox = new Mailbox<Input | 'refresh', Outcome>((letters) => this.#turn(letters));
  readonly #world: LoopWorld;
  readonly #outbound: Outbound;
  readonly #tenure: Tenure;

  constructor(id: string, epoch: number, world: LoopWorld, outbound: Outbound, at: Loaded) {
    this.#world = world;
    this.#outbound = outbound;
    this.#tenure = new Tenure(id, epoch, world, at);
  }

  get at(): Loaded {
    return this.#tenure.at;
  }

  /** Resolves once the input was decided on and what followed is durable. `refresh`: somebody else appended. */
  give(input: Input | 'refresh'): Promise<Outcome> {
    return this.#mailbox.put(input);
  }

  stop(): void {
    this.#outbound.stop();
  }

  async #turn(letters: readonly Letter<Input | 'refresh', Outcome>[]): Promise<void> {
    // What waited while another took over is the other's to decide.
    this.#tenure.check();
    const given = letters.filter(({ content }) => content !== 'refresh');
    const inputs = given.map((letter) => letter.content as Input); // Filtered just above.
    if (given.length < letters.length) await this.#tenure.catchUp();
    let outcomes: readonly Outcome['events'][] | null = null;
    let bug: EngineBug | undefined;
    try {
      outcomes = await this.#decideAndAppend(inputs);
      while (outcomes === null) outcomes = await this.#tenure.catchUp().then(() => this.#decideAndAppend(inputs));
      this.#sendWanted();
    } catch (error) {
      if (!(error instanceof EngineBug)) throw error;
      if (outcomes === null) bug = error;
      this.#tenure.at = await this.#world.park(this.at, error, inputs);
    }
    const events = new Map(given.map((letter, index) => [letter, outcomes?.[index]]));
    for (const each of letters) each.answer({ execution: this.at.execution, events: events.get(each) ?? [], bug });
  }

  /** What followed from each; null when somebody else appended first. */
  async #decideAndAppend(inputs: readonly Input[]): Promise<readonly Outcome['events'][] | null> {
    const decided = deliberate(this.#world.engine, this.at.execution, inputs, this.#tenure.now());
    const sends = this.#tenure.covers(decided.execution);
    const considered = withAtHand(this.#world, decided, (command) => sends && this.#outbound.isNew(command));
    const { execution, decisions, outcomes } = considered;
    if (execution === null || decisions.length === 0) return outcomes;
    if (await this.#tenure.append(execution, decisions)) return outcomes;
    this.#world.atHand.takeBack(considered.answers);
    return null;
  }

  #sendWanted(): void {
    const { execution } = this.at;
    if (!this.#tenure.covers(execution)) return;
    const tick = (): Promise<Outcome> => this.give({ input: 'tick' });
    this.#outbound.pursue(this.#world.engine, execution, this.#tenure.now(), tick);
  }
}
