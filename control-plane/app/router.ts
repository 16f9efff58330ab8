/**
 * Brings an input to where it is decided: to the loop here, to the replica that drives the execution, or, when that one
 * does not answer, straight into the journal (appending needs no claim). The other replicas hear the doorbell.
 */
import { failure, FailureError, type Failure } from '@fairlead/proto/model/failure.ts';
import type { AgentId, ExecutionId, ReplicaId } from '@fairlead/proto/model/ids.ts';
import { executionOf } from '@fairlead/proto/model/ids.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { Acknowledgement, Report } from '@fairlead/proto/model/task.ts';
import { subjects } from '@fairlead/proto/subjects.ts';
import { acknowledge } from '../engine/acknowledge.ts';
import type { Input } from '../engine/inputs.ts';
import type { Bus, Subscription } from '../ports/bus.ts';
import type { Heads } from '../ports/heads.ts';
import { brokenFailure } from './broken.ts';
import { deliberate } from './deliberate.ts';
import type { Drivers } from './drivers.ts';
import type { LoopParts, Outcome } from './loop-world.ts';
import type { Doorbell } from './publisher.ts';

/** How long another replica may take to answer before its input is decided here. */
const FORWARD_MS = 500;

/** What a caller, here or at another replica, needs to know of an outcome. */
interface Answer {
  readonly rejected: Failure | null;
  readonly acknowledgement: Acknowledgement | null;
}

interface Letter {
  readonly executionId: ExecutionId;
  readonly input: Input;
  /** Whose report it is, when it is one: the answer then says whether it was taken. */
  readonly report: { readonly agentId: AgentId; readonly report: Report } | null;
}

export class Router {
  readonly #replica: ReplicaId;
  readonly #bus: Bus;
  readonly #heads: Heads;
  readonly #drivers: Drivers;
  readonly #world: LoopParts;
  readonly #served: Subscription[] = [];

  constructor(replica: ReplicaId, bus: Bus, heads: Heads, drivers: Drivers, world: LoopParts) {
    this.#replica = replica;
    this.#bus = bus;
    this.#heads = heads;
    this.#drivers = drivers;
    this.#world = world;
  }

  serve(): void {
    this.#served.push(
      this.#bus.serve(subjects.replica(this.#replica), async (payload) => {
        const letter = payload as unknown as Letter; // Only replicas may publish there, and they send letters.
        const outcome = await this.#drivers.give(letter.executionId, letter.input);
        if (outcome === null) throw new FailureError(failure('UNAVAILABLE', 'this replica does not drive it'));
        return answerTo(letter, outcome) as unknown as JsonObject;
      }),
      this.#bus.subscribe(subjects.heads, (payload) => {
        const { heads } = payload as unknown as Doorbell; // Only replicas may publish there, and they send doorbells.
        for (const { executionId, seq } of heads) {
          const loop = this.#drivers.loop(executionId);
          if (loop !== undefined && loop.at.seq < seq) this.#drivers.post(executionId, 'refresh');
        }
      }),
    );
  }

  stop(): void {
    for (const subscription of this.#served) subscription.end();
  }

  /** What people and the control plane's own parts say. Throws what the engine refused. */
  async submit(executionId: ExecutionId, input: Input): Promise<void> {
    const { rejected } = await this.#deliver({ executionId, input, report: null });
    if (rejected !== null) throw new FailureError(rejected);
  }

  /** What an agent says; resolves once it stands in the journal. Null: it does not, and is to be brought again. */
  async report(agentId: AgentId, report: Report): Promise<Acknowledgement | null> {
    const input = inputOf(agentId, report);
    const letter = { executionId: executionOf(report.attemptId), input, report: { agentId, report } };
    const { acknowledgement } = await this.#deliver(letter);
    return acknowledgement;
  }

  async #deliver(letter: Letter): Promise<Answer> {
    const here = await this.#drivers.give(letter.executionId, letter.input);
    if (here !== null) return answerTo(letter, here);
    return (await this.#forward(letter)) ?? answerTo(letter, await this.#decideHere(letter));
  }

  async #forward(letter: Letter): Promise<Answer | null> {
    const head = await this.#heads.get(letter.executionId);
    if (head === null || head.settled || head.driver === null || head.driver === this.#replica) return null;
    try {
      const payload = letter as unknown as JsonObject; // Letters are plain data.
      return (await this.#bus.request(subjects.replica(head.driver), payload, FORWARD_MS)) as unknown as Answer;
    } catch {
      return null; // It may have been decided there all the same; then deciding again finds it stale.
    }
  }

  async #decideHere(letter: Letter): Promise<Outcome> {
    const { engine, history, clock } = this.#world;
    const { executionId, input } = letter;
    for (;;) {
      const at = await history.load(executionId);
      if (at.execution === null) return { execution: null, events: [] };
      const { execution, decisions, outcomes } = deliberate(engine, at.execution, [input], clock.now());
      const outcome = { execution, events: outcomes[0] ?? [] };
      if (execution === null || decisions.length === 0) return outcome;
      const head = { executionId, seq: at.seq + 1, epoch: at.execution.epoch, now: execution.lastAt };
      if ((await history.append(head, decisions)) === 'conflict') continue;
      this.#world.publish(execution, head.seq, decisions);
      return outcome;
    }
  }
}

function answerTo(letter: Letter, { execution, events, bug }: Outcome): Answer {
  const rejection = events.find((event) => event.event === 'InputRejected');
  const { report, input } = letter;
  // An abort ends what is broken, and an agent learns from the acknowledgement what became of its report.
  const inVain = bug === undefined || report !== null || input.input === 'abort' ? null : brokenFailure(bug.message);
  return {
    rejected: rejection?.event === 'InputRejected' ? rejection.failure : inVain,
    acknowledgement: report === null ? null : acknowledge(execution, report.agentId, report.report),
  };
}

function inputOf(agentId: AgentId, report: Report): Input {
  const { attemptId } = report;
  switch (report.report) {
    case 'starting':
      return { input: 'starting', attemptId, agentId, assignment: report.assignment };
    case 'checkpoint':
      return { input: 'checkpoint', attemptId, agentId, name: report.name, data: report.data };
    case 'finished':
      return { input: 'finished', attemptId, agentId, result: report.result };
    case 'released': {
      const { assignment, failure: why } = report;
      return { input: 'released', attemptId, agentId, assignment, failure: why, final: true };
    }
  }
}
