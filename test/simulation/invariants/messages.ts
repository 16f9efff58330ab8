/** What holds of everything that control planes send to agents, and of what these answer. */
import { executionOf } from '@fairlead/proto/model/ids.ts';
import type { AgentAnswer, AgentRequest } from '@fairlead/proto/model/task.ts';
import { findAttempt } from '../../../control-plane/engine/tree.ts';
import type { Change } from '../journals.ts';
import type { Finding } from './observed.ts';

/** What was appended so far of what may be sent. */
export class Sendable {
  /** `<attempt>.<assignment>` → agent. */
  readonly #assigned = new Map<string, string>();
  readonly #canceled = new Set<string>();
  /** `<execution>.<epoch>` → replica. */
  readonly #drivers = new Map<string, string>();

  appended({ moves, record }: Change): void {
    for (const { event, after } of moves) {
      if (event.event === 'ExecutionStarted' || event.event === 'DriverChanged') {
        this.#drivers.set(`${record.executionId}.${event.epoch}`, event.driver);
      } else if (event.event === 'CancelRequested') this.#canceled.add(event.attemptId);
      else if (event.event === 'AttemptAssigned') {
        const assignment = findAttempt(after, event.attemptId)?.assignment ?? 0;
        this.#assigned.set(`${event.attemptId}.${assignment}`, event.agentId);
      }
    }
  }

  /** Nothing is sent that does not follow a successful append, in this epoch and by its driver. */
  sentTooEarly(request: AgentRequest, sender: string, agentSubject: string): Finding {
    if (request.kind === 'query') return null;
    const { attemptId, epoch } = request;
    const driver = this.#drivers.get(`${executionOf(attemptId)}.${epoch}`);
    if (driver !== sender) return `${sender} sends for ${attemptId} in epoch ${epoch} of ${driver ?? 'nobody'}`;
    if (request.kind === 'cancel') return this.#canceled.has(attemptId) ? null : `a cancel of ${attemptId} by itself`;
    const agent = this.#assigned.get(`${attemptId}.${request.assignment}`);
    if (agent === undefined) return `${attemptId} is offered, and stands as given to nobody`;
    return agentSubject.includes(agent) ? null : `${attemptId} is offered to another than ${agent}`;
  }
}

/** An agent that has heard of an epoch of an execution obeys no earlier one. */
export class Epochs {
  readonly #highest = new Map<string, number>();

  /** `process`: one life of an agent. */
  heard(process: string, request: AgentRequest): (answer: AgentAnswer) => Finding {
    if (request.kind === 'query') return () => null;
    const { attemptId, epoch, kind } = request;
    const key = `${process} ${executionOf(attemptId)}`;
    const highest = this.#highest.get(key) ?? 0;
    this.#highest.set(key, Math.max(highest, epoch));
    if (epoch >= highest) return () => null;
    return ({ answer }) =>
      answer === 'refused' ? null : `${process} obeys a ${kind} of epoch ${epoch} after it heard of ${highest}`;
  }
}
