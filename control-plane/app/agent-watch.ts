/**
 * Tells the executions driven here what became of their agents: lost for too long, back with the same ledger, or back
 * with an empty one. From a hello everything about an agent's open work follows.
 */
import type { AgentId, AttemptId, LedgerId } from '@fairlead/proto/model/ids.ts';
import type { Scheduler, Timer } from '@fairlead/proto/model/system.ts';
import type { Hello } from '@fairlead/proto/model/task.ts';
import type { Attempt, Execution } from '../engine/execution.ts';
import type { Input } from '../engine/inputs.ts';
import { openAttempts } from '../engine/open-attempts.ts';
import type { AgentDirectory } from './agent-directory.ts';
import type { Drivers } from './drivers.ts';

const EVERY_MS = 1_000;

export interface Arrival {
  readonly agentId: AgentId;
  readonly sessionId: string;
  readonly ledgerId: LedgerId;
  readonly open: Hello['open'];
  /** It does not know yet that the store was put back from a backup, and will say hello once more. */
  readonly restored: boolean;
}

type Arrived = Arrival & {
  readonly states: ReadonlyMap<string, Hello['open'][number]['state']>;
  /** Attempts it was asked about because its hello does not name them. */
  readonly asked: Set<AttemptId>;
};

/** What an agent answers who is asked for an attempt. Null: nothing came. */
export type Recall = (agentId: AgentId, attemptId: AttemptId) => Promise<'KNOWN' | 'UNKNOWN' | null>;

export class AgentWatch {
  readonly #drivers: Drivers;
  readonly #agents: AgentDirectory;
  readonly #scheduler: Scheduler;
  readonly #recall: Recall;
  /** The last of every agent. */
  readonly #last = new Map<AgentId, Arrived>();
  #timer: Timer | null = null;
  /** Heard of in this turn. */
  #arrivals = new Map<AgentId, Arrived>();
  #arriving: Timer | null = null;

  constructor(drivers: Drivers, agents: AgentDirectory, scheduler: Scheduler, recall: Recall) {
    this.#drivers = drivers;
    this.#agents = agents;
    this.#scheduler = scheduler;
    this.#recall = recall;
  }

  start(): void {
    this.#timer = this.#scheduler.after(EVERY_MS, () => {
      this.#lookForLost();
      this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#arriving?.cancel();
  }

  /** An agent said hello, here or at another replica. Of two thousand that come at once, all are looked after together. */
  arrived(arrival: Arrival): void {
    const named = arrival.open.filter((each) => each.acknowledged !== true);
    const states = new Map(named.map((each) => [each.attemptId, each.state]));
    const arrived = { ...arrival, states, asked: new Set<AttemptId>() };
    this.#arrivals.set(arrival.agentId, arrived);
    this.#last.set(arrival.agentId, arrived);
    const begun = arrival.open.filter(({ state }) => state === 'STARTED' || state === 'FINISHED');
    this.#agents.heard(arrival.agentId, arrival.restored);
    this.#agents.holds(
      arrival.agentId,
      begun.map(({ attemptId }) => attemptId),
    );
    this.#arriving ??= this.#scheduler.after(0, () => this.#lookAfterArrivals());
  }

  #lookAfterArrivals(): void {
    const arrivals = this.#arrivals;
    this.#arrivals = new Map();
    this.#arriving = null;
    this.#eachAttempt((execution, attempt) => {
      const arrival = attempt.agentId === null ? undefined : arrivals.get(attempt.agentId);
      if (arrival === undefined) return;
      if (isNotNamed(arrival, attempt)) return this.#ask(execution, attempt, arrival);
      const input = afterArrival(arrival, attempt, arrival.states.get(attempt.id));
      if (input !== null) this.#drivers.post(execution.id, input);
    });
  }

  #lookForLost(): void {
    this.#agents.noticeLost();
    this.#eachAttempt((execution, attempt) => {
      const { id: attemptId, agentId } = attempt;
      if (agentId === null) return;
      // Said before the execution was driven here.
      const arrival = this.#last.get(agentId);
      if (arrival !== undefined && isNotNamed(arrival, attempt)) this.#ask(execution, attempt, arrival);
      if (attempt.state === 'UNKNOWN') return;
      const reason = this.#whyLost(agentId, attempt.ledgerId);
      if (reason === null) return;
      this.#drivers.post(execution.id, { input: 'agentLost', attemptId, agentId, reason });
    });
  }

  #whyLost(agentId: AgentId, ledgerId: LedgerId | null): string | null {
    if (this.#agents.isRevoked(agentId)) return 'its agent was revoked';
    if (this.#agents.isLost(agentId)) return 'its agent has not been heard of for too long';
    // Its hello may have been missed here: it was told to another replica, or before this one drove the execution.
    const presence = this.#agents.presence(agentId);
    return presence === undefined || presence.ledgerId === ledgerId ? null : FORGOTTEN;
  }

  /**
   * What began there and is not named any more has ended there, and was acknowledged: only a journal that was restored from
   * a backup does not know of it. It hears of the end again; or the agent does not remember it, and it is lost.
   */
  #ask(execution: Execution, { id: attemptId, state }: Attempt, { agentId, asked }: Arrived): void {
    if (asked.has(attemptId)) return;
    asked.add(attemptId);
    void this.#recall(agentId, attemptId).then((answer) => {
      if (answer === null) asked.delete(attemptId);
      if (answer !== 'UNKNOWN' || state === 'UNKNOWN') return;
      this.#drivers.post(execution.id, { input: 'agentLost', attemptId, agentId, reason: FORGOTTEN });
    });
  }

  #eachAttempt(visit: (execution: Execution, attempt: Attempt) => void): void {
    for (const [, loop] of this.#drivers.driven) {
      const { execution } = loop.at;
      if (execution === null) continue;
      for (const run of execution.runs) for (const attempt of openAttempts(run)) visit(execution, attempt);
    }
  }
}

/** It began in this ledger, before the agent's session. */
const isNotNamed = (arrival: Arrived, { id, state, ledgerId, sessionId }: Attempt): boolean =>
  (state === 'STARTED' || state === 'UNKNOWN') &&
  ledgerId === arrival.ledgerId &&
  sessionId !== arrival.sessionId &&
  !arrival.states.has(id);

/** What a hello means for an attempt that stands as given to this agent. */
function afterArrival(arrival: Arrival, attempt: Attempt, inLedger: string | undefined): Input | null {
  const { agentId } = arrival;
  const { id: attemptId } = attempt;
  const known = arrival.ledgerId === attempt.ledgerId && inLedger !== undefined && inLedger !== 'TOMBSTONE';
  if (known) {
    // Started or finished there: its report will follow. Accepted there: it will ask whether it may start.
    return attempt.state === 'UNKNOWN' && inLedger !== 'ACCEPTED' ? { input: 'agentBack', attemptId, agentId } : null;
  }
  if (attempt.sessionId === arrival.sessionId) return null; // Given to it after this hello.
  // It may have been started since: what follows depends on that, and is decided where it is known.
  return attempt.state === 'UNKNOWN' ? null : { input: 'agentLost', attemptId, agentId, reason: FORGOTTEN };
}

const FORGOTTEN = 'its agent came back without any memory of it';
