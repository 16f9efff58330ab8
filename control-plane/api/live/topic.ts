/**
 * Something many sockets look at: read once, compared once, serialized once per step, whoever asks. It counts the
 * differences it saw as versions; a subscriber's position is the version it has.
 */
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { Clock, Scheduler } from '@fairlead/proto/model/system.ts';
import type { Logger } from 'pino';

export interface Subject<V, I> {
  readonly name: string;
  read(): Promise<V>;
  /** Calls back whenever reading again may be worth it. */
  watch(onChange: () => void): () => void;
  items(view: V): readonly I[];
  idOf(item: I): string;
  same(before: I, after: I): boolean;
  /** Anything beside the items. */
  sameRest(before: V, after: V): boolean;
  /** Grows with the view; a smaller one is an old answer and is dropped. */
  seqOf(view: V): number;
  /** Is the item gone for a reason that subscribers must be told? */
  mustTell(gone: I, view: V): boolean;
  /** The frame without `sub`. */
  frame(view: V, items: readonly I[], snapshot: boolean): string;
  /** The store is not asked more often. */
  readonly restMs: number;
}

interface Steps {
  readonly seq: number;
  readonly version: number;
}

const REMEMBERED_STEPS = 1000;

export class Topic<V, I> {
  readonly #subject: Subject<V, I>;
  readonly #system: { readonly clock: Clock; readonly scheduler: Scheduler };
  readonly #logger: Logger;
  readonly #listeners = new Set<() => void>();
  readonly #unwatch: () => void;
  #view: V | null = null;
  #byId = new Map<string, I>();
  readonly #changedAt = new Map<string, number>();
  #version = 0;
  /** Positions before it cannot be told by changes alone. */
  #floor = 0;
  #steps: Steps[] = [];
  #frames = new Map<number, string>();
  #error: FailureError | null = null;
  #reading = false;
  #stale = true;
  #readAt = -Infinity;
  #closed = false;

  constructor(
    subject: Subject<V, I>,
    system: { readonly clock: Clock; readonly scheduler: Scheduler },
    logger: Logger,
  ) {
    this.#subject = subject;
    this.#system = system;
    this.#logger = logger;
    this.#unwatch = subject.watch(() => this.#wake());
    void this.#refresh();
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** `onChange` is called whenever `since` may have something. */
  listen(onChange: () => void): () => void {
    this.#listeners.add(onChange);
    return () => void this.#listeners.delete(onChange);
  }

  close(): void {
    this.#closed = true;
    this.#unwatch();
  }

  /** The position of somebody who has everything up to journal sequence `seq`; 0 (needs a snapshot) when not known. */
  positionOf(seq: number): number {
    if (this.#view === null || seq > this.#subject.seqOf(this.#view)) return 0;
    return this.#steps.findLast((step) => step.seq <= seq)?.version ?? 0;
  }

  /** Has been read at least once. */
  get ready(): boolean {
    return this.#view !== null || this.#error !== null;
  }

  /** What somebody at `position` lacks, null when nothing. */
  since(position: number): { readonly position: number; readonly frame: string } | null {
    if (this.#view === null) {
      if (this.#error !== null) throw this.#error;
      return null;
    }
    if (position === this.#version) return null;
    const from = position < this.#floor ? 0 : position;
    let frame = this.#frames.get(from);
    if (frame === undefined) {
      const items = this.#subject.items(this.#view);
      const lacking =
        from === 0 ? items : items.filter((item) => (this.#changedAt.get(this.#subject.idOf(item)) ?? 0) > from);
      frame = this.#subject.frame(this.#view, lacking, from === 0);
      this.#frames.set(from, frame);
    }
    return { position: this.#version, frame };
  }

  #wake(): void {
    this.#stale = true;
    if (this.#reading || this.#closed) return;
    const rest = this.#subject.restMs - (this.#system.clock.monotonic() - this.#readAt);
    if (rest <= 0) return void this.#refresh();
    this.#reading = true;
    this.#system.scheduler.after(rest, () => {
      this.#reading = false;
      void this.#refresh();
    });
  }

  async #refresh(): Promise<void> {
    if (this.#closed) return;
    this.#reading = true;
    this.#stale = false;
    this.#readAt = this.#system.clock.monotonic();
    try {
      this.#take(await this.#subject.read());
      this.#error = null;
    } catch (error) {
      this.#fail(error);
    }
    this.#reading = false;
    if (this.#stale) this.#wake();
  }

  /** Who already has a view keeps it: the next wake-up reads again. */
  #fail(error: unknown): void {
    if (error instanceof FailureError) this.#error = error;
    else {
      this.#logger.error({ err: error, topic: this.#subject.name }, 'reading for the live socket met a bug');
      this.#error = new FailureError(failure('INTERNAL', 'Something in the control plane went wrong; see its log.'));
    }
    if (this.#view === null) this.#tell();
  }

  #take(view: V): void {
    const before = this.#view;
    const subject = this.#subject;
    if (before !== null && subject.seqOf(view) < subject.seqOf(before)) return;
    const next = this.#version + 1;
    const byId = new Map<string, I>();
    let changed = before === null || subject.seqOf(view) !== subject.seqOf(before) || !subject.sameRest(before, view);
    for (const item of subject.items(view)) {
      const id = subject.idOf(item);
      byId.set(id, item);
      const old = this.#byId.get(id);
      if (old !== undefined && (old === item || subject.same(old, item))) continue;
      this.#changedAt.set(id, next);
      changed = true;
    }
    for (const [id, item] of this.#byId) {
      if (byId.has(id)) continue;
      this.#changedAt.delete(id);
      if (!subject.mustTell(item, view)) continue;
      this.#floor = next;
      changed = true;
    }
    this.#view = view;
    this.#byId = byId;
    if (!changed) return;
    this.#version = next;
    this.#frames = new Map();
    const seq = subject.seqOf(view);
    if (this.#steps.at(-1)?.seq !== seq) this.#steps.push({ seq, version: next });
    if (this.#steps.length > REMEMBERED_STEPS) this.#steps = this.#steps.slice(-REMEMBERED_STEPS / 2);
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
