/** An execution that the test plays by hand: every `commit` is one journal sequence. */
import type { ExecutionHeader, ExecutionView, Moment, NodeKind, NodeView } from '@fairlead/proto/live.ts';
import type { Status } from '@fairlead/proto/model/status.ts';

interface LogPiece {
  readonly offset: number;
  readonly next: number;
  readonly gap: number;
  readonly text: string;
}

export class PlayedExecution {
  seq = 0;
  header: ExecutionHeader;
  readonly #nodes = new Map<string, { node: NodeView; seq: number }>();
  readonly #siblings = new Map<string | null, number>();
  readonly #past: ExecutionView[] = [];
  readonly #logs = new Map<string, LogPiece[]>();

  constructor(header: ExecutionHeader) {
    this.header = header;
  }

  node(kind: NodeKind, id: string, parent: string | null, name: string, more: Partial<NodeView> = {}): void {
    const order = this.#siblings.get(parent) ?? 0;
    this.#siblings.set(parent, order + 1);
    const node: NodeView = {
      id,
      parent,
      kind,
      order,
      name,
      status: null,
      startedAt: null,
      endedAt: null,
      rollback: false,
      target: null,
      agent: null,
      failure: null,
      note: null,
      outputs: null,
      attemptId: null,
      ...more,
    };
    this.#nodes.set(id, { node, seq: this.seq + 1 });
  }

  change(id: string, more: Partial<NodeView>): void {
    const known = this.#nodes.get(id);
    if (known === undefined) throw new Error(`no node ${id}`);
    known.node = { ...known.node, ...more };
    known.seq = this.seq + 1;
  }

  /** A task of a step at a host, with its one attempt. */
  task(step: string, host: string, status: Status | null, at: number, more: Partial<NodeView> = {}): string {
    const id = `${step}@${host}`;
    const attempt = `${id}#1`;
    const shared = {
      status,
      target: host,
      startedAt: status === null ? null : at,
      agent: status === null ? null : 'dc1',
      ...more,
    };
    if (this.#nodes.has(id)) this.change(id, shared);
    else this.node('task', id, step, host, shared);
    if (status === null) return attempt;
    if (this.#nodes.has(attempt)) this.change(attempt, { ...shared, attemptId: attempt });
    else this.node('attempt', attempt, id, 'Attempt 1', { ...shared, attemptId: attempt });
    return attempt;
  }

  head(more: Partial<ExecutionHeader>): void {
    this.header = { ...this.header, ...more };
  }

  commit(): void {
    this.seq += 1;
    const nodes = this.since(-1);
    this.#past.push({ seq: this.seq, header: this.header, nodes });
  }

  /** As it was after that record; one after the last is the last. */
  at(seq: number): ExecutionView | undefined {
    return this.#past.findLast((each) => each.seq <= seq);
  }

  /** One for each record, a second apart. */
  moments(after: number): readonly Moment[] {
    return this.#past
      .filter(({ seq }) => seq > after)
      .map(({ seq, header, nodes }) => ({
        seq,
        at: header.startedAt + (seq - 1) * 1_000,
        input: seq === 1 ? 'start' : 'finished',
        actor: seq === 1 ? header.actor : 'its agent',
        node: null,
        events: [{ event: 'StepEnded', node: nodes.at(-1)?.id ?? null, text: header.status }],
      }));
  }

  since(seq: number): readonly NodeView[] {
    return [...this.#nodes.values()].filter((each) => each.seq > seq).map((each) => each.node);
  }

  write(attempt: string, text: string, gap = 0): void {
    const pieces = this.#logs.get(attempt) ?? [];
    const offset = (pieces.at(-1)?.next ?? 0) + gap;
    pieces.push({ offset, next: offset + Buffer.byteLength(text), gap, text });
    this.#logs.set(attempt, pieces);
  }

  /** Cut at other places than it was written, as a real store may: half of what was seen comes again. */
  logAfter(attempt: string, from: number): readonly LogPiece[] {
    return (this.#logs.get(attempt) ?? []).filter((piece) => piece.next > from);
  }
}
