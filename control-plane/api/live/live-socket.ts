/** One connected client: its subscriptions, and at most one message every 50 ms with what they have. */
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { Failure } from '@fairlead/proto/model/failure.ts';
import type { ClientFrame } from '@fairlead/proto/live.ts';
import type { System, Timer } from '@fairlead/proto/model/system.ts';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import type { Actor } from '../../app/authorize.ts';
import type { UseCases } from '../../app/use-cases.ts';
import { parseClientFrame } from './client-frame.ts';
import { frameRest, withSub } from './feed.ts';
import type { Feed } from './feed.ts';
import { logFeed } from './log-feed.ts';
import type { Topics } from './topics.ts';

export const MESSAGE_INTERVAL_MS = 50;
export const MAX_SUBSCRIPTIONS = 100;
/** What is refused is told with the next message; who reads none keeps no more than so many here. */
const MAX_ERRORS = 1_000;
/** A client that has so much unread gets nothing more until it has read. */
const UNREAD_LIMIT = 1_048_576;
/** What is beyond it goes with the next message. */
const MESSAGE_BYTES = 262_144;

export interface LiveContext {
  readonly useCases: UseCases;
  readonly topics: Topics;
  readonly system: Pick<System, 'clock' | 'scheduler'>;
  readonly logger: Logger;
}

export class LiveSocket {
  readonly #socket: WebSocket;
  readonly #actor: Actor;
  readonly #context: LiveContext;
  readonly #feeds = new Map<number, Feed>();
  /** Subscriptions that may have something, in the order they said so. */
  readonly #ready = new Set<number>();
  readonly #errors: string[] = [];
  #timer: Timer | null = null;
  #flushing = false;
  #sentAt = -Infinity;

  constructor(socket: WebSocket, actor: Actor, context: LiveContext) {
    this.#socket = socket;
    this.#actor = actor;
    this.#context = context;
    socket.on('message', (data, isBinary) => {
      if (isBinary) return socket.close(1003, 'text messages only');
      this.#receive(String(data));
    });
    socket.on('close', () => this.end());
  }

  end(): void {
    this.#timer?.cancel();
    for (const feed of this.#feeds.values()) feed.end();
    this.#feeds.clear();
    this.#ready.clear();
  }

  #receive(message: string): void {
    if (this.#errors.length >= MAX_ERRORS) return this.#socket.close(1008, 'too much was wrong, and nothing was read');
    const parsed = parseClientFrame(message);
    if ('frame' in parsed) return this.#obey(parsed.frame);
    if (parsed.sub === null) return this.#socket.close(1008, parsed.reason);
    return this.#refuse(parsed.sub, failure('INVALID_INPUT', parsed.reason));
  }

  #obey(frame: ClientFrame): void {
    const { sub } = frame;
    if (frame.type === 'unsubscribe') return this.#drop(sub);
    if (this.#feeds.has(sub)) {
      return this.#refuse(sub, failure('CONFLICT', `Subscription ${sub} is open already: use another number.`));
    }
    if (this.#feeds.size >= MAX_SUBSCRIPTIONS) {
      const message = `A socket has at most ${MAX_SUBSCRIPTIONS} subscriptions: unsubscribe some first.`;
      return this.#refuse(sub, failure('OVERLOADED', message));
    }
    // Unsubscribed while it was being opened, the same number may be another subscription by now.
    const opening: Feed = { next: () => null, end: () => {} };
    this.#feeds.set(sub, opening);
    const isWanted = (): boolean => this.#feeds.get(sub) === opening;
    this.#open(frame).then(
      (feed) => {
        if (!isWanted()) return feed.end();
        this.#feeds.set(sub, feed);
        this.#wake(sub);
      },
      (error: unknown) => isWanted() && this.#fail(sub, error),
    );
  }

  /** Each kind passes the gate once here. */
  async #open(frame: Extract<ClientFrame, { readonly type: 'subscribe' }>): Promise<Feed> {
    const { useCases, topics } = this.#context;
    const actor = this.#actor;
    const onReady = (): void => this.#wake(frame.sub);
    switch (frame.feed) {
      case 'execution': {
        const id = await useCases.resolveExecution(actor, frame.executionId);
        return topics.execution(id, frame.after, onReady);
      }
      case 'log':
        await useCases.readLog(actor, frame.attemptId, frame.from, 1);
        return logFeed(useCases, actor, frame.attemptId, frame, onReady);
      case 'list':
        return topics.list(actor, frame.filter, frame.limit, onReady);
    }
  }

  #drop(sub: number): void {
    this.#feeds.get(sub)?.end();
    this.#feeds.delete(sub);
    this.#ready.delete(sub);
  }

  #fail(sub: number, error: unknown): void {
    this.#drop(sub);
    if (error instanceof FailureError) return this.#refuse(sub, error.failures[0]);
    this.#context.logger.error({ err: error }, 'a subscription met a bug');
    return this.#refuse(sub, failure('INTERNAL', 'Something in the control plane went wrong; see its log.'));
  }

  #refuse(sub: number, error: Failure): void {
    this.#errors.push(withSub(sub, frameRest({ error })));
    this.#schedule();
  }

  #wake(sub: number): void {
    if (!this.#feeds.has(sub)) return;
    this.#ready.add(sub);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#timer !== null || this.#flushing) return;
    const rest = MESSAGE_INTERVAL_MS - (this.#context.system.clock.monotonic() - this.#sentAt);
    this.#timer = this.#context.system.scheduler.after(Math.max(0, rest), () => {
      this.#timer = null;
      void this.#flush();
    });
  }

  async #flush(): Promise<void> {
    const socket = this.#socket;
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > UNREAD_LIMIT) {
      this.#sentAt = this.#context.system.clock.monotonic();
      return this.#schedule();
    }
    this.#flushing = true;
    const frames = this.#errors.splice(0);
    let bytes = 0;
    for (const sub of [...this.#ready]) {
      if (bytes >= MESSAGE_BYTES) break;
      const frame = await this.#take(sub);
      if (frame === null) continue;
      frames.push(withSub(sub, frame));
      bytes += frame.length;
    }
    if (frames.length > 0 && socket.readyState === socket.OPEN) {
      this.#sentAt = this.#context.system.clock.monotonic();
      socket.send(`{"frames":[${frames.join(',')}]}`);
    }
    this.#flushing = false;
    if (this.#ready.size > 0 || this.#errors.length > 0) this.#schedule();
  }

  /** Who had something goes to the end of the line and is asked again; who had nothing waits to be woken. */
  async #take(sub: number): Promise<string | null> {
    this.#ready.delete(sub);
    const feed = this.#feeds.get(sub);
    if (feed === undefined) return null;
    try {
      const frame = await feed.next();
      if (!this.#feeds.has(sub)) return null;
      if (frame !== null) this.#ready.add(sub);
      return frame;
    } catch (error) {
      this.#fail(sub, error);
      return null;
    }
  }
}
