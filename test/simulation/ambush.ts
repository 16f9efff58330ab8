/** People and faults that wait until an execution is in a certain status, and then meet there. */
import { isTerminal, type Status } from '@fairlead/proto/model/status.ts';
import type { Execution } from '../../control-plane/engine/execution.ts';
import { openAttempts } from '../../control-plane/engine/open-attempts.ts';
import type { ActionName } from './actions.ts';
import { ACTION_NAMES, MET_STATUSES, statusesOf } from './cells.ts';
import type { Dice } from './dice.ts';
import { AGENTS, FAULT_KINDS, FAULTS, type Fault } from './faults.ts';

/** What brings an execution into a status that it would seldom be in by itself. */
const LEADS: Readonly<Partial<Record<Status, ActionName | 'bug' | 'lose' | 'reject'>>> = {
  PAUSING: 'pause',
  PAUSED: 'pause',
  ABORTING: 'abort',
  ABORTED: 'abort',
  ROLLING_BACK: 'roll back',
  BROKEN: 'bug',
  UNKNOWN: 'lose',
  REJECTED: 'reject',
};

export interface Ambush {
  readonly executionId: string;
  readonly status: Status;
  readonly faults: readonly Fault[];
  /** Not before so many appends, unless it ends sooner. */
  readonly patience: number;
}

/** So many faults begin at once: as many cells of the table for each action. */
const TOGETHER = 5;

/** One after the other every status and every fault have their turn. */
export function ambushOf(dice: Dice, turn: number, executionId: string): Ambush {
  const status = MET_STATUSES[turn % MET_STATUSES.length] ?? 'RUNNING';
  const first = Math.floor(turn / MET_STATUSES.length) * TOGETHER;
  const faults = Array.from({ length: TOGETHER }, (_, index) => {
    const kind = FAULT_KINDS[(first + index) % FAULT_KINDS.length] ?? 'clock jumps';
    return FAULTS[kind](dice, executionId);
  });
  return { executionId, status, faults, patience: dice.between(8, 35) };
}

export interface AmbushWorld {
  begin(fault: Fault): void;
  act(executionId: string, action: ActionName): void;
  reject(execution: Execution): void;
  /** A moment later: not in the middle of an append. */
  soon(task: () => void): void;
}

export class Ambushes {
  readonly #world: AmbushWorld;
  readonly #dice: Dice;
  readonly #waiting = new Map<string, Ambush>();
  readonly #led = new Set<string>();
  readonly #appends = new Map<string, number>();

  constructor(ambushes: readonly Ambush[], dice: Dice, world: AmbushWorld) {
    this.#world = world;
    this.#dice = dice;
    for (const ambush of ambushes) this.#waiting.set(ambush.executionId, ambush);
  }

  /** Something was appended to it. */
  appended(execution: Execution): void {
    const { id } = execution;
    const ambush = this.#waiting.get(id);
    if (ambush === undefined) return;
    const appends = (this.#appends.get(id) ?? 0) + 1;
    this.#appends.set(id, appends);
    const lead = LEADS[ambush.status];
    if (
      statusesOf(execution).includes(ambush.status) &&
      (lead !== undefined || this.#isRipe(ambush, execution, appends))
    ) {
      this.#waiting.delete(id);
      this.#world.soon(() => this.#spring(ambush));
    } else if (lead !== undefined && !this.#led.has(id) && this.#mayLead(ambush, execution, appends)) {
      this.#led.add(id);
      this.#world.soon(() => this.#lead(lead, execution));
    }
  }

  /** What lasts is met at any time of it; whatever passes soon, at once. */
  #isRipe({ status, patience }: Ambush, execution: Execution, appends: number): boolean {
    return isTerminal(status) || execution.endedAt !== null || status !== 'RUNNING' || appends >= patience;
  }

  #mayLead({ status, patience }: Ambush, execution: Execution, appends: number): boolean {
    if (execution.endedAt !== null || execution.parked !== null) return false;
    if (status === 'REJECTED') return statusesOf(execution).includes('WAITING');
    const begun = execution.runs.flatMap(openAttempts).some((attempt) => attempt.state === 'STARTED');
    return begun && appends >= patience;
  }

  /** All at the same moment, each by somebody who has seen it in that status. */
  #spring({ executionId, faults }: Ambush): void {
    for (const fault of faults) this.#world.begin(fault);
    for (const action of ACTION_NAMES) this.#world.act(executionId, action);
  }

  #lead(lead: NonNullable<(typeof LEADS)[Status]>, execution: Execution): void {
    const { id } = execution;
    if (lead === 'reject') return this.#world.reject(execution);
    if (lead === 'bug') {
      return this.#world.begin({ fault: 'engine has a bug', executionId: id, forMs: this.#dice.between(1_500, 6_000) });
    }
    if (lead !== 'lose') return this.#world.act(id, lead);
    for (const process of AGENTS)
      this.#world.begin({ fault: 'ledger is lost', process, forMs: this.#dice.between(100, 900) });
  }
}
