/**
 * The loop of one execution: load → decide → append → evolve → publish → send what is wanted. Everything else in the
 * control plane either puts inputs into this mailbox or carries out what comes out of it. Nothing is sent that does not
 * follow a successful append in this epoch.
 */
import type { Input } from '../engine/inputs.ts';
import { deliberate } from './deliberate.ts';
import { EngineBug, interpret } from './engine.ts';
import type { Loaded } from './history.ts';
import { Superseded, type LoopWorld, type Outcome } from './loop-world.ts';
import { LoopClock } from './loop-clock.ts';
import { Mailbox, type Letter } from './mailbox.ts';
import type { Outbound } from './outbound.ts';

export class ExecutionLoop {
  readonly #mailbox = new Mailbox<Input | 'refresh', Outcome>((letters) => this.#turn(letters));
  readonly #world: LoopWorld;
  readonly #outbound: Outbound;
  readonly #id: string;
  readonly #epoch: number;
  readonly #clock: LoopClock;
  #at: Loaded;

  constructor(id: string, epoch: number, world: LoopWorld, outbound: Outbound, at: Loaded) {
    this.#id = id;
    this.#epoch = epoch;
    this.#world = world;
    this.#outbound = outbound;
    this.#clock = new LoopClock(world.clock);
    this.#at = at;
  }

  get at(): Loaded {
    return this.#at;
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
    if (this.#isSuperseded) throw new Superseded(`execution ${this.#id} has another driver since`);
    const given = letters.filter((letter) => letter.content !== 'refresh');
    const inputs = given.map((letter) => letter.content as Input); // Filtered just above.
    if (given.length < letters.length) await this.#catchUp();
    try {
      let outcomes = await this.#decideAndAppend(inputs);
      while (outcomes === 'conflict') outcomes = await this.#catchUp().then(() => this.#decideAndAppend(inputs));
      this.#sendWanted();
      for (const [index, letter] of given.entries()) this.#answer(letter, outcomes[index]);
    } catch (error) {
      if (!(error instanceof EngineBug)) throw error;
      this.#at = await this.#world.park(this.#at, error, inputs);
    }
    for (const letter of letters) this.#answer(letter);
  }

  #answer(letter: Letter<Input | 'refresh', Outcome>, events: Outcome['events'] = []): void {
    letter.answer({ execution: this.#at.execution, events });
  }

  async #decideAndAppend(inputs: readonly Input[]): Promise<readonly Outcome['events'][] | 'conflict'> {
    const { engine, history } = this.#world;
    this.#clock.reached(this.#at.execution?.lastAt ?? 0);
    const { execution, decisions, outcomes } = deliberate(engine, this.#at.execution, inputs, this.#clock.now());
    if (execution === null || decisions.length === 0) return outcomes;
    const seq = this.#at.seq + 1;
    const head = { executionId: this.#id, seq, epoch: this.#epoch, now: execution.lastAt };
    if ((await history.append(head, decisions)) === 'conflict') return 'conflict';
    this.#at = { execution, seq };
    this.#world.publish(execution, seq, decisions);
    return outcomes;
  }

  /** Reads what somebody else appended; a newer driver among it ends this one. */
  async #catchUp(): Promise<void> {
    this.#at = await this.#world.history.catchUp(this.#id, this.#at);
    const { execution } = this.#at;
    if (execution?.settled === true) return this.#world.over(this.#at);
    if (!this.#isSuperseded) return;
    this.#world.over(this.#at);
    throw new Superseded(`execution ${this.#id} has another driver since`);
  }

  get #isSuperseded(): boolean {
    return (this.#at.execution?.epoch ?? 0) > this.#epoch;
  }

  #sendWanted(): void {
    const { execution } = this.#at;
    // Before its own first append a driver has no turn to send in.
    if (execution?.epoch !== this.#epoch) return;
    const { engine } = this.#world;
    const commands = interpret('wanted', () => engine.wanted(execution));
    this.#outbound.reconcile(execution, commands);
    const due = interpret('nextDeadline', () => engine.nextDeadline(execution));
    this.#outbound.alarm(due, this.#clock.now(), () => void this.give({ input: 'tick' }).catch(() => {}));
  }
}
