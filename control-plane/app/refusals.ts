/**
 * Who refused what a moment ago, without having said that it never wants it: asked again, but after a pause that grows,
 * and only then. Otherwise one whose disk is full would be asked as fast as it refuses, and every time stand in the journal.
 * Known to this replica alone: the next driver asks once more.
 */
import type { Failure } from '@fairlead/proto/model/failure.ts';
import type { AgentId, AttemptId } from '@fairlead/proto/model/ids.ts';
import type { Clock } from '@fairlead/proto/model/system.ts';
import { LIMITS } from '../engine/limits.ts';

/** The first pause: an agent that has only got a new session takes it then. Each is twice the one before. Milliseconds. */
const FIRST_MS = 100;
const LONGEST_MS = 10_000;
/**
 * Who has done nothing but refuse it for as long as an attempt waits for an agent is not asked for longer than that: the
 * engine then counts it as one that has no agent, and ends it with what was said.
 */
const GIVING_UP_MS = LIMITS.noAgentMs + 60_000;
/** What nobody refused for so long begins with the first pause again. */
const FORGOTTEN_MS = 60_000;

interface Refusal {
  readonly failure: Failure;
  readonly pauseMs: number;
  /** Of the first of these refusals, on the same clock. */
  readonly since: number;
  /** On this process's monotonic clock. */
  readonly until: number;
}

const NOBODY: ReadonlyMap<AgentId, Failure> = new Map();

export class Refusals {
  readonly #clock: Clock;
  /** The one that was refused last stands last. */
  readonly #refusals = new Map<AttemptId, Map<AgentId, Refusal>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  refused(attemptId: AttemptId, agentId: AgentId, failure: Failure): void {
    this.#forgetOld();
    const by = this.#refusals.get(attemptId) ?? new Map<AgentId, Refusal>();
    const now = this.#clock.monotonic();
    const { since, pauseMs: before } = by.get(agentId) ?? { since: now, pauseMs: FIRST_MS / 2 };
    const pauseMs = now - since < LIMITS.noAgentMs ? Math.min(LONGEST_MS, 2 * before) : GIVING_UP_MS;
    by.set(agentId, { failure, pauseMs, since, until: now + pauseMs });
    this.#refusals.delete(attemptId);
    this.#refusals.set(attemptId, by);
  }

  accepted(attemptId: AttemptId): void {
    this.#refusals.delete(attemptId);
  }

  /** Those who are not asked yet, and what they said. */
  pausing(attemptId: AttemptId): ReadonlyMap<AgentId, Failure> {
    const by = this.#refusals.get(attemptId);
    if (by === undefined) return NOBODY;
    const now = this.#clock.monotonic();
    return new Map([...by].flatMap(([agentId, { until, failure }]) => (until > now ? [[agentId, failure]] : [])));
  }

  /** After so long one of them may be asked again; null: none pauses. Milliseconds. */
  nextIn(attemptId: AttemptId): number | null {
    const now = this.#clock.monotonic();
    const left = [...(this.#refusals.get(attemptId)?.values() ?? [])].map(({ until }) => until - now);
    const pauses = left.filter((ms) => ms > 0);
    return pauses.length === 0 ? null : Math.min(...pauses);
  }

  #forgetOld(): void {
    const before = this.#clock.monotonic() - FORGOTTEN_MS;
    for (const [attemptId, by] of this.#refusals) {
      if ([...by.values()].some(({ until }) => until > before)) return;
      this.#refusals.delete(attemptId);
    }
  }
}
