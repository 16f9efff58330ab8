/**
 * Carries out what executions want of agents: choosing one, offering, canceling, looking at a target. It decides nothing
 * about an execution: whatever it learns goes back as an input.
 */
import type { CrashPoints } from '@fairlead/proto/model/crash.ts';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import { executionOf, type AgentId, type AttemptId } from '@fairlead/proto/model/ids.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { Clock } from '@fairlead/proto/model/system.ts';
import type { AgentAnswer, AgentRequest } from '@fairlead/proto/model/task.ts';
import { outputsOfScript } from '@fairlead/proto/steps/general.ts';
import { subjects } from '@fairlead/proto/subjects.ts';
import type { Command, CommandOf } from '../engine/commands.ts';
import type { Execution } from '../engine/execution.ts';
import type { Input } from '../engine/inputs.ts';
import { stepPlanOf } from '../engine/plan-of.ts';
import { taskOfAttempt } from '../engine/task.ts';
import type { Bus } from '../ports/bus.ts';
import type { AgentDirectory, Choice } from './agent-directory.ts';
import { AssignmentQueue, type Chosen } from './assignment-queue.ts';
import { Refusals } from './refusals.ts';

/** How long an agent may take to write an offer to its ledger and answer. */
const ANSWER_MS = 5_000;
/** When to look again: after trouble, while all agents are busy or absent, while all is well. */
const SOON_MS = 500;
const LATER_MS = 1_000;
const QUIET_MS = 15_000;

const BEGAN_THERE = 'it began at an agent before the store was restored from a backup, and only that one may have it';

export interface DispatcherWorld {
  readonly bus: Bus;
  readonly agents: AgentDirectory;
  readonly clock: Clock;
  readonly crash: CrashPoints;
  /** All agents that may ever come. */
  enrolled(): Iterable<AgentId>;
  give(executionId: string, input: Input): Promise<unknown>;
}

export class Dispatcher {
  readonly #world: DispatcherWorld;
  readonly #queue: AssignmentQueue;
  readonly #refusals: Refusals;

  constructor(world: DispatcherWorld) {
    this.#world = world;
    this.#refusals = new Refusals(world.clock);
    this.#queue = new AssignmentQueue(world.agents, (command) => {
      const choice = this.#choose(command);
      return 'input' in choice ? choice : null;
    });
  }

  /** Of those of the commands that are assignments, the ones for which an agent is free this moment. */
  assignNow(commands: readonly Command[]): readonly Input[] {
    return commands.flatMap((command) => {
      const choice = command.command === 'assign' ? this.#choose(command) : null;
      return choice !== null && 'input' in choice ? [choice] : [];
    });
  }

  /** They were not assigned after all. */
  takeBack(answers: readonly Input[]): void {
    for (const answer of answers) if (answer.input === 'agentChosen') this.#world.agents.ended(answer.attemptId);
  }

  /** `isWanted`: it still waits for an agent. */
  async assign(command: CommandOf<'assign'>, isWanted: () => boolean): Promise<number> {
    const { attemptId } = command;
    if (this.#waitsToHear()) return LATER_MS;
    const choice = this.#choose(command);
    if ('input' in choice) {
      await this.#give(choice);
      return LATER_MS;
    }
    const pauseMs = this.#refusals.nextIn(attemptId);
    if (pauseMs !== null) {
      if ('none' in choice) await this.#give({ input: 'noAgent', attemptId, failure: choice.none });
      return Math.min(pauseMs, LATER_MS);
    }
    // Waiting from now on, so that an agent that comes while this is written down is not missed.
    const waited = this.#queue.wait(command, 'busy' in choice, isWanted);
    if ('none' in choice) await this.#give({ input: 'noAgent', attemptId, failure: choice.none });
    const chosen = await waited;
    if (chosen === null) return 0;
    await this.#give(chosen);
    return LATER_MS;
  }

  async offer(command: CommandOf<'offer'>, execution: Execution): Promise<number> {
    const { attemptId, agentId, assignment, ledgerId, sessionId } = command;
    const made = taskOfAttempt(execution, attemptId);
    if (!made.ok) {
      const [why = failure('INTERNAL', 'the task cannot be made')] = made.failures;
      await this.#give({ input: 'finished', attemptId, result: { outcome: 'FAILED', failure: why, touched: false } });
      return SOON_MS;
    }
    const { epoch } = execution;
    const answer = await this.#ask(agentId, {
      kind: 'offer',
      attemptId,
      epoch,
      assignment,
      ledgerId,
      sessionId,
      task: made.task,
    });
    if (answer?.answer === 'refused') {
      this.#world.agents.ended(attemptId);
      const { failure: why, final } = answer;
      if (!final) this.#refusals.refused(attemptId, agentId, why);
      await this.#give({ input: 'released', attemptId, assignment, agentId, failure: why, final });
    } else if (answer?.answer === 'known' && answer.state === 'TOMBSTONE') {
      const why = failure('CANCELED', 'the agent will never start it');
      await this.#give({ input: 'released', attemptId, assignment, agentId, failure: why, final: true });
    } else if (answer?.answer === 'known' && answer.state !== 'ACCEPTED') {
      // It began there, whatever a journal says that was restored from a backup: to nobody else it is given any more.
      await this.#give({ input: 'starting', attemptId, assignment, agentId });
    } else if (answer?.answer === 'accepted') this.#refusals.accepted(attemptId);
    return answer === null ? SOON_MS : QUIET_MS;
  }

  /** Asks an agent for an attempt that its hello did not name; of one that has ended it reports the end again. */
  async recall(agentId: AgentId, attemptId: AttemptId): Promise<'KNOWN' | 'UNKNOWN' | null> {
    const answer = await this.#ask(agentId, { kind: 'query', query: 'recall', arguments: { attemptId } });
    if (answer === null) return null;
    return answer.answer === 'known' ? 'KNOWN' : 'UNKNOWN';
  }

  async cancel(command: CommandOf<'cancel'>, execution: Execution): Promise<number> {
    const { attemptId, agentId, ledgerId, assignment, graceMs, reason } = command;
    const holder = this.#world.agents.holding(agentId, ledgerId);
    const answer = await this.#ask(holder, { kind: 'cancel', attemptId, epoch: execution.epoch, graceMs, reason });
    // Whichever ledger says so: it settles what was not started. A start is only taken back by the report of its own ledger.
    if (answer?.answer === 'tombstoned') {
      const why = failure('CANCELED', reason);
      await this.#give({ input: 'released', attemptId, assignment, agentId, failure: why, final: false });
    }
    return answer === null ? SOON_MS : QUIET_MS;
  }

  async probe(command: CommandOf<'probe'>, execution: Execution): Promise<number> {
    const { attemptId, target, selectors, type } = command;
    const choice = this.#world.agents.choose({ type, selectors, avoid: [] });
    if (!('chosen' in choice)) return LATER_MS;
    const { agentId, name } = choice.chosen;
    const outputs = outputsOfScript(type, stepPlanOf(execution, attemptId).parameters);
    const argument = { attemptId, target, type, outputs } as unknown as JsonObject; // Plain data.
    const answer = await this.#ask(agentId, { kind: 'query', query: 'probe', arguments: argument });
    if (answer?.answer !== 'result') return LATER_MS;
    const seen = answer.value as { readonly seen?: string; readonly result?: AttemptResult };
    if (seen.seen !== 'ended' || seen.result === undefined) return 5 * LATER_MS;
    const { result } = seen;
    const notes = [...(result.notes ?? []), `found at the host by agent ${name}: the last of its log may be missing`];
    await this.#give({ input: 'outcomeFound', attemptId, by: `agent ${name}`, result: { ...result, notes } });
    return LATER_MS;
  }

  /** Nothing is given to anybody before: another may have done it already. */
  #waitsToHear(): boolean {
    const { agents, enrolled } = this.#world;
    return agents.waitsToHear(enrolled());
  }

  /** One who is chosen is counted as having it from now on. */
  #choose(command: CommandOf<'assign'>): Chosen | Exclude<Choice, { chosen: unknown }> {
    const { attemptId, type, selectors, avoid } = command;
    if (this.#waitsToHear()) return { busy: true };
    const { agents } = this.#world;
    const needs = { type, selectors, avoid, pausing: this.#refusals.pausing(attemptId) };
    const holder = agents.holderOf(attemptId);
    const choice = holder === null ? agents.choose(needs) : agents.only(holder, needs, BEGAN_THERE);
    if (!('chosen' in choice)) return choice;
    const { agentId, ledgerId, sessionId } = choice.chosen;
    agents.given(agentId, attemptId);
    return { input: 'agentChosen', attemptId, agentId, ledgerId, sessionId };
  }

  /** Null when there was no answer: it may or may not have arrived. */
  async #ask(agentId: string, request: AgentRequest): Promise<AgentAnswer | null> {
    const { bus, crash } = this.#world;
    try {
      crash.pass('send:before');
      const payload = request as unknown as JsonObject; // Requests are plain data.
      const answer = await bus.request(subjects.agent(agentId), payload, ANSWER_MS);
      crash.pass('send:after');
      return answer as unknown as AgentAnswer;
    } catch (error) {
      if (error instanceof FailureError) return null;
      throw error;
    }
  }

  #give(input: Input & { readonly attemptId: string }): Promise<unknown> {
    return this.#world.give(executionOf(input.attemptId), input);
  }
}
