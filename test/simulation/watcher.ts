/** Somebody who watches one execution as the page does: whatever dies, they come back and ask for what they lack. */
import type { ExecutionView, ServerFrame, ServerMessage } from '@fairlead/proto/live.ts';
import { broken, viewOf } from '../../control-plane/app/execution-view.ts';
import type { Actor } from '../../control-plane/app/authorize.ts';
import type { Execution } from '../../control-plane/engine/execution.ts';
import type { VirtualProcess, VirtualSystem } from '../support/virtual-system.ts';
import { Dice } from './dice.ts';
import { connect, type Wire } from './live-wire.ts';
import type { Finding } from './invariants/observed.ts';
import type { ReplicaProcess } from './replica-process.ts';
import { same } from './same.ts';

const WATCHER: Actor = { id: 'u-wim', name: 'wim', kind: 'USER', rights: ['read'] };
/** Before they try again. */
const AGAIN_MS = 300;
/** They close the page now and then, and come back. */
const LOOKS_MS = 9_000;
/** A lost doorbell costs a second; a driver that was cut off is itself behind for a while. Milliseconds. */
const BEHIND_MS = 6_000;

type ExecutionFrame = Extract<ServerFrame, { readonly feed: 'execution' }>;

export class Watcher {
  readonly executionId: string;
  frames = 0;
  /** Of these, those that told only what had changed. */
  changes = 0;
  readonly #process: VirtualProcess;
  readonly #dice: Dice;
  readonly #replicas: readonly ReplicaProcess[];
  readonly #found: (finding: Finding) => void;
  /** The execution as it was with each append, apart from everything under test. */
  readonly #truth = new Map<number, Execution>();
  #newest = 0;
  #knows: ExecutionView | null = null;
  #wire: Wire | null = null;
  #sub = 0;
  /** Since when they are subscribed and lack something. */
  #lacksSince: number | null = null;

  constructor(
    executionId: string,
    system: VirtualSystem,
    replicas: readonly ReplicaProcess[],
    found: (finding: Finding) => void,
  ) {
    this.executionId = executionId;
    this.#process = system.spawn(`watcher of ${executionId}`);
    this.#dice = new Dice(this.#process.random);
    this.#replicas = replicas;
    this.#found = found;
  }

  /** How far they have seen it. */
  get seq(): number {
    return this.#knows?.seq ?? 0;
  }

  start(): void {
    this.#connect();
  }

  appended(execution: Execution, seq: number): void {
    if (execution.id !== this.executionId) return;
    this.#truth.set(seq, execution);
    this.#newest = seq;
    this.#lacksSince ??= this.#process.clock.monotonic();
  }

  /** `disturbedAt`: until when control planes were kept from their work. */
  overdue(disturbedAt: number): Finding {
    if (this.#lacksSince === null || this.#wire === null) return null;
    const lateMs = this.#process.clock.monotonic() - Math.max(this.#lacksSince, disturbedAt);
    if (lateMs <= BEHIND_MS) return null;
    return `the watcher of ${this.executionId} has seen ${this.seq} of ${this.#newest} for ${Math.round(lateMs)} ms`;
  }

  #connect(): void {
    this.#wire = null;
    const live = this.#replicas.flatMap((each) => each.live ?? []);
    if (live.length === 0) return this.#again();
    const wire = connect(
      this.#dice.pick(live),
      WATCHER,
      this.#process,
      (message) => wire === this.#wire && this.#hear(message),
      () => wire === this.#wire && this.#again(),
    );
    this.#wire = wire;
    if (this.#lacksSince !== null) this.#lacksSince = this.#process.clock.monotonic();
    this.#subscribe();
    this.#process.scheduler.after(LOOKS_MS * (0.3 + this.#dice.fraction()), () => {
      if (wire !== this.#wire) return;
      wire.close();
      this.#again();
    });
  }

  #again(): void {
    this.#wire = null;
    this.#process.scheduler.after(AGAIN_MS * (0.5 + this.#dice.fraction()), () => this.#connect());
  }

  #subscribe(): void {
    this.#sub += 1;
    const after = this.#knows === null ? {} : { after: this.#knows.seq };
    const { executionId } = this;
    this.#wire?.send({ type: 'subscribe', sub: this.#sub, feed: 'execution', executionId, ...after });
  }

  #hear({ frames }: ServerMessage): void {
    for (const frame of frames) {
      if (frame.sub !== this.#sub) continue;
      if ('error' in frame) {
        const { sub } = frame;
        this.#process.scheduler.after(AGAIN_MS, () => sub === this.#sub && this.#subscribe());
      } else if (frame.feed === 'execution') this.#take(frame);
    }
  }

  #take(frame: ExecutionFrame): void {
    const before = this.#knows;
    this.frames += 1;
    if (!frame.snapshot) this.changes += 1;
    // A replica that lags behind the one asked before tells what is known already.
    if (before !== null && frame.seq < before.seq) return;
    if (before === null && !frame.snapshot) return this.#found(`${frame.seq} comes as a change of nothing`);
    const nodes = new Map((frame.snapshot ? [] : (before?.nodes ?? [])).map((node) => [node.id, node]));
    for (const node of frame.nodes) nodes.set(node.id, node);
    this.#knows = { seq: frame.seq, header: frame.header, nodes: [...nodes.values()] };
    if (frame.seq >= this.#newest) this.#lacksSince = null;
    this.#found(this.#whatIsWrong(this.#knows));
  }

  #whatIsWrong(seen: ExecutionView): Finding {
    const execution = this.#truth.get(seen.seq);
    if (execution === undefined) return `${seen.seq} of ${this.executionId} is told, and was never written`;
    const truth = broken(
      viewOf(execution, seen.seq, () => ''),
      seen.header.parked,
    );
    if (!same(truth.header, seen.header)) return `the header at ${seen.seq} is not that of the journal`;
    const nodes = new Map(seen.nodes.map((node) => [node.id, node]));
    for (const node of truth.nodes) {
      const its = nodes.get(node.id);
      // Agents are called by names that do not stand in the journal.
      if (its === undefined || !same({ ...its, agent: null }, { ...node, agent: null })) {
        return `${node.id} is ${its === undefined ? 'missing' : 'another'} at ${seen.seq}`;
      }
    }
    return nodes.size === truth.nodes.length ? null : `there are nodes at ${seen.seq} that are gone`;
  }
}
