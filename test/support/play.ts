/** Plays an execution in memory: an engine with obedient agents that end each attempt as the script says. */
import { expect } from 'vitest';
import { failure, type FailureCode } from '@fairlead/proto/model/failure.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { Command } from '../../control-plane/engine/commands.ts';
import { decide } from '../../control-plane/engine/decide.ts';
import type { Event } from '../../control-plane/engine/events.ts';
import { evolve } from '../../control-plane/engine/evolve.ts';
import type { Execution } from '../../control-plane/engine/execution.ts';
import type { Input } from '../../control-plane/engine/inputs.ts';
import { nextDeadline } from '../../control-plane/engine/next-deadline.ts';
import type { Plan } from '../../control-plane/engine/plan.ts';
import { openAttempts } from '../../control-plane/engine/open-attempts.ts';
import { findAttempt } from '../../control-plane/engine/tree.ts';
import { wanted } from '../../control-plane/engine/wanted.ts';

export const succeeded: AttemptResult = { outcome: 'SUCCESS', touched: true };
export const failed = (touched = true): AttemptResult => ({
  outcome: 'FAILED',
  failure: failure('COMMAND_FAILED', 'exit status 1'),
  touched,
});
export const failedWith = (code: FailureCode, touched = true): AttemptResult => ({
  outcome: 'FAILED',
  failure: failure(code, 'it went wrong'),
  touched,
});

/** Ends an attempt, or leaves it running (null). */
export type Script = (attemptId: string) => AttemptResult | null;

/** No play is as long, so one that is goes round in circles: better told at once than by the time it takes. */
const MANY = 5_000;

export class Play {
  now = 1_000;
  readonly events: Event[] = [];
  readonly inputs: Input[] = [];
  /** When each of the inputs came. */
  readonly times: number[] = [];
  /** What a journal would hold. */
  readonly decisions: { readonly input: Input; readonly events: readonly Event[] }[] = [];
  #execution: Execution | null = null;

  constructor(plan: Plan) {
    this.give({ input: 'start', plan, driver: 'r1', epoch: 1 });
  }

  get execution(): Execution {
    if (this.#execution === null) throw new Error('not started');
    return this.#execution;
  }

  give(input: Input): readonly Event[] {
    if (this.events.length > MANY) throw new Error(`after ${MANY} events it still goes on`);
    const events = decide(this.#execution, input, this.now);
    this.tell(events);
    this.inputs.push(input);
    this.times.push(this.now);
    if (events.length > 0) this.decisions.push({ input, events });
    return events;
  }

  /** As if this had been decided too. */
  tell(events: readonly Event[]): this {
    for (const event of events) this.#execution = evolve(this.#execution, event);
    this.events.push(...events);
    return this;
  }

  get commands(): readonly Command[] {
    return wanted(this.execution);
  }

  /** Carries out every command until nothing more happens without time passing. */
  run(script: Script = () => succeeded): this {
    for (let before = -1; before !== this.events.length;) {
      before = this.events.length;
      for (const command of this.commands) this.carryOut(command, script);
    }
    return this;
  }

  /** Ends what agents were silent about so far. */
  report(script: Script = () => succeeded): this {
    for (const { id, state } of this.execution.runs.flatMap(openAttempts)) {
      const result = state === 'STARTED' ? script(id) : null;
      if (result !== null) this.give({ input: 'finished', attemptId: id, result });
    }
    return this.run(script);
  }

  /** Lets so much time pass. */
  pass(ms: number): readonly Event[] {
    this.now += ms;
    return this.give({ input: 'tick' });
  }

  /** Goes on, through every wait, until the execution has ended and settled. */
  finish(script: Script = () => succeeded): this {
    for (this.run(script); !this.execution.settled; this.run(script)) this.wait();
    return this;
  }

  /** Lets time pass to the next deadline. */
  wait(): this {
    const next = nextDeadline(this.execution);
    if (next === null) throw new Error('nothing is due');
    this.now = next;
    // Or whoever waits for it would be told the same time again, at once and for ever.
    if (this.give({ input: 'tick' }).length === 0) throw new Error(`nothing happened at ${next}`);
    return this;
  }

  carryOut(command: Command, script: Script): void {
    switch (command.command) {
      case 'assign': {
        const { attemptId } = command;
        this.give({ input: 'agentChosen', attemptId, agentId: 'a1', ledgerId: 'l1', sessionId: 's1' });
        return;
      }
      case 'offer': {
        const { attemptId, agentId, assignment } = command;
        this.give({ input: 'starting', attemptId, agentId, assignment });
        const result = script(attemptId);
        if (result !== null) this.give({ input: 'finished', attemptId, result });
        return;
      }
      case 'cancel': {
        const { attemptId, agentId, assignment } = command;
        const state = findAttempt(this.execution, attemptId)?.state;
        const why = failure('CANCELED', 'canceled');
        if (state === 'ASSIGNED') {
          this.give({ input: 'released', attemptId, agentId, assignment, failure: why, final: true });
        } else {
          const result = { outcome: 'CANCELED', failure: why, touched: true, confirmed: true } as const;
          this.give({ input: 'finished', attemptId, result });
        }
        return;
      }
      case 'acquireLock': {
        const { runId, requestId } = command;
        this.give({ input: 'lockAnswered', runId, requestId, answer: { state: 'HELD', fences: {} } });
        return;
      }
      case 'releaseLock':
        this.give({ input: 'lockReleased', runId: command.runId, requestId: command.requestId });
        return;
      case 'writeHold':
        this.give({ input: 'holdWritten', runId: command.runId });
        return;
      case 'acquirePermits': {
        const { stepId, requestId } = command;
        this.give({ input: 'permitsAnswered', stepId, requestId, answer: { state: 'HELD', ticket: 1 } });
        return;
      }
      case 'releasePermits':
        this.give({ input: 'permitsReleased', stepId: command.stepId, requestId: command.requestId });
        return;
      case 'writeSummary':
        this.give({ input: 'summaryWritten' });
        return;
      case 'rejectOthers':
        this.give({ input: 'othersRejected', stepId: command.stepId });
        return;
      case 'planRun':
      case 'probe':
        return;
    }
  }
}

/** Events as lines: the kind, whose (without the execution's id), and every other field in its order. */
export const told = (events: readonly Event[]): readonly string[] => events.map(lineOf);

/** Only of these kinds. */
export const toldOf = (events: readonly Event[], ...kinds: readonly Event['event'][]): readonly string[] =>
  told(events.filter((event) => kinds.includes(event.event)));

function lineOf({ event, at: _, ...fields }: Event): string {
  const words = Object.entries(fields).map(([name, value]) => wordOf(name, value));
  return [event, ...words].join(' ');
}

function wordOf(name: string, value: unknown): string {
  if (name === 'plan') return 'plan';
  if (typeof value === 'string') return value.replace(/^x1\//, '');
  if (Array.isArray(value)) return `[${value.join(',')}]`;
  if (value === null || typeof value !== 'object') return String(value);
  if ('code' in value && 'message' in value) return `${String(value.code)}: ${String(value.message)}`;
  if (!('outcome' in value)) return JSON.stringify(value);
  const { outcome, failure: why, ...others } = value as AttemptResult;
  return `${outcome}${why === undefined ? '' : `(${why.code}: ${why.message})`} ${JSON.stringify(others)}`;
}

/** Given an execution that came so far, when this happens (so much later), then exactly this follows. */
export interface Case {
  readonly name: string;
  readonly given: () => Play;
  readonly when: Input;
  readonly afterMs?: number;
  readonly then: readonly string[];
}

export function check({ given, when, afterMs = 0, then }: Case): void {
  const play = given();
  play.now += afterMs;
  const before = play.execution;
  const events = play.give(when);
  expect(told(events)).toEqual(then);
  // What yields nothing leaves no trace.
  if (then.length === 0) expect(play.execution).toBe(before);
}
