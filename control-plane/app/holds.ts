/**
 * Holds: what a rollback took back is not deployed again by a trigger until a person lifts the hold. One per workflow and
 * mapping; people may still deploy, and are told. A lifted hold stays written down, so that the rollback it came from
 * cannot write it a second time.
 */
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { Clock } from '@fairlead/proto/model/system.ts';
import type { CommandOf } from '../engine/commands.ts';
import type { Execution, Run } from '../engine/execution.ts';
import type { Input } from '../engine/inputs.ts';
import type { Plan } from '../engine/plan.ts';
import { planOfRun } from '../engine/plan-of.ts';
import type { Digest } from '../ports/digest.ts';
import type { Document, Documents } from '../ports/documents.ts';
import { rollbackOf } from './rollback-facts.ts';

export interface Hold {
  readonly id: string;
  readonly application: string;
  readonly workflow: string;
  readonly environment: string | null;
  readonly infrastructure: string | null;
  readonly service: string | null;
  /** The rollback it came from. */
  readonly executionId: ExecutionId;
  /** Who asked for it; null: a failure did. */
  readonly actor: string | null;
  readonly reason: string;
  readonly at: number;
}

interface HoldBody extends JsonObject {
  readonly hold: JsonObject;
  readonly runId: string;
  readonly lifted: { readonly actor: string; readonly at: number } | null;
}

const AGAIN_MS = 1_000;

export class Holds {
  readonly #documents: Documents;
  readonly #digest: Digest;
  readonly #clock: Clock;

  constructor(documents: Documents, digest: Digest, clock: Clock) {
    this.#documents = documents;
    this.#digest = digest;
    this.#clock = clock;
  }

  /** Carries out `writeHold`. */
  async write(
    { runId }: CommandOf<'writeHold'>,
    execution: Execution,
    give: (id: ExecutionId, input: Input) => Promise<unknown>,
  ): Promise<number> {
    const run = execution.runs.find((each) => each.id === runId);
    if (run === undefined) throw new Error(`no run ${runId}`);
    for (const hold of this.#holdsOf(execution, run)) await this.#put(hold, runId);
    await give(execution.id, { input: 'holdWritten', runId });
    return AGAIN_MS;
  }

  /** Those in force, in the order in which they came to be. */
  async list(): Promise<readonly Hold[]> {
    const found = (await this.#documents.list('holds')).flatMap((document) => inForce(document) ?? []);
    return found.toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  }

  /** What stands against a trigger that would start this. */
  async against(plan: Plan): Promise<readonly Hold[]> {
    const runs = plan.stages.flatMap((stage) => stage.runs);
    const ids = runs.flatMap((run) =>
      run.phases.flatMap(({ mapping }) => (mapping === null ? [] : [this.#idOf(run.workflow.id, mapping)])),
    );
    const found = await Promise.all([...new Set(ids)].map((id) => this.#documents.get('holds', id)));
    return found.flatMap((document) => (document === null ? [] : (inForce(document) ?? [])));
  }

  /** By its id, or by the name of the workflow: all of that one. */
  async lift(actor: string, text: string): Promise<readonly Hold[]> {
    const all = await this.list();
    const chosen = all.filter((hold) => hold.id === text || hold.workflow === text);
    if (chosen.length === 0) {
      const mend =
        all.length === 0
          ? 'There is none.'
          : `There are: ${all.map((each) => `${each.id} (${each.workflow})`).join(', ')}.`;
      throw new FailureError(
        failure('NOT_FOUND', `there is no hold '${text}'. ${mend}`, { field: 'id', details: { mend } }),
      );
    }
    for (const { id } of chosen) await this.#lift(id, actor);
    return chosen;
  }

  async #lift(id: string, actor: string): Promise<void> {
    for (;;) {
      const document = await this.#documents.get('holds', id);
      if (document === null || inForce(document) === null) return;
      const body = { ...document.body, lifted: { actor, at: this.#clock.now() } };
      if (await this.#documents.replace('holds', id, document.version, body)) return;
    }
  }

  async #put(hold: Hold, runId: string): Promise<void> {
    const body: HoldBody = { hold: { ...hold }, runId, lifted: null };
    for (;;) {
      if (await this.#documents.insert('holds', hold.id, body)) return;
      const document = await this.#documents.get('holds', hold.id);
      if (document === null) continue;
      // Written by an earlier try, and perhaps lifted since.
      if (document.body['runId'] === runId) return;
      if (await this.#documents.replace('holds', hold.id, document.version, body)) return;
    }
  }

  #holdsOf(execution: Execution, run: Run): readonly Hold[] {
    const plan = planOfRun(execution, run);
    const why = rollbackOf(execution);
    const holds = plan.phases.flatMap((phase): readonly Hold[] => {
      if (phase.mapping === null) return [];
      return [
        {
          id: this.#idOf(plan.workflow.id, phase.mapping),
          application: execution.plan.application.name,
          workflow: plan.workflow.name,
          environment: plan.environment?.name ?? null,
          infrastructure: phase.infrastructure?.name ?? null,
          service: phase.service?.name ?? null,
          executionId: execution.id,
          actor: why?.actor ?? null,
          reason: why?.reason ?? '',
          at: run.rollback?.at ?? run.startedAt ?? execution.startedAt,
        },
      ];
    });
    return [...new Map(holds.map((hold) => [hold.id, hold])).values()];
  }

  /** Short enough to be typed. */
  #idOf(workflowId: string, mapping: string): string {
    return `h${this.#digest.sha256(`${workflowId}\n${mapping}`).slice(0, 10)}`;
  }
}

function inForce({ body }: Document): Hold | null {
  const { hold, lifted } = body as HoldBody; // Written above.
  return lifted === null ? (hold as unknown as Hold) : null;
}
