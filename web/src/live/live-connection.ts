/**
 * One socket for all feeds. Every subscription knows where it stands, so that after a lost connection it asks for
 * exactly what it has not seen. A subscription has a new number each time it is opened: what was under way for the old
 * one is nobody's and is dropped.
 *
 * The browser shows neither pings nor a half-open connection, so after a silence the connection asks for a list of one
 * row: no answer in time means that it is dead.
 */
import type { ClientFrame, ServerFrame, ServerMessage } from '@fairlead/proto/live.ts';

export interface Socket {
  send(text: string): void;
  close(): void;
}

export interface SocketHandlers {
  readonly opened: () => void;
  readonly message: (text: string) => void;
  readonly closed: () => void;
}

/** What the browser gives; the tests give their own. */
export interface LiveWorld {
  connect(handlers: SocketHandlers): Socket;
  now(): number;
  /** Returns how to cancel it. */
  after(ms: number, run: () => void): () => void;
  /** From 0 up to 1. */
  random(): number;
}

export interface LiveState {
  readonly connection: 'connecting' | 'live' | 'reconnecting';
  /** When the server was last heard. */
  readonly heardAt: number | null;
  readonly retryAt: number | null;
  /** Connections in a row that never opened. */
  readonly failures: number;
}

type Unnumbered<F> = F extends { readonly sub: number } ? Omit<F, 'sub'> : never;
export type Subscribe = Unnumbered<Extract<ClientFrame, { readonly type: 'subscribe' }>>;

export interface Feed {
  /** Asked at every (re)connect: from where on. */
  readonly open: () => Subscribe;
  /** All frames of one message for this feed. `again` subscribes anew from where `open` now says. */
  readonly receive: (frames: readonly ServerFrame[], again: () => void) => void;
}

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 10_000;
const SILENCE_MS = 20_000;
const ANSWER_MS = 10_000;

export class LiveConnection {
  readonly #world: LiveWorld;
  readonly #feeds = new Map<Feed, number | null>();
  readonly #listeners = new Set<() => void>();
  #bySub = new Map<number, Feed>();
  #lastSub = 0;
  #socket: Socket | null = null;
  #turn = 0;
  #state: LiveState = { connection: 'connecting', heardAt: null, retryAt: null, failures: 0 };
  #cancelTimer: () => void = () => undefined;
  #probe: number | null = null;

  constructor(world: LiveWorld) {
    this.#world = world;
  }

  get state(): LiveState {
    return this.#state;
  }

  onState(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    this.#connect();
  }

  stop(): void {
    this.#turn += 1;
    this.#cancelTimer();
    this.#socket?.close();
    this.#socket = null;
  }

  /** The network or the tab came back: no reason to wait for the timer. */
  hurry(): void {
    if (this.#state.connection === 'live') this.#ask();
    else if (this.#socket === null) this.#connect();
  }

  add(feed: Feed): () => void {
    this.#feeds.set(feed, null);
    if (this.#state.connection === 'live') this.#openFeed(feed);
    return () => {
      this.#closeFeed(feed);
      this.#feeds.delete(feed);
    };
  }

  #connect(): void {
    this.#cancelTimer();
    const turn = (this.#turn += 1);
    const mine = (run: () => void) => () => {
      if (turn === this.#turn) run();
    };
    this.#socket = this.#world.connect({
      opened: mine(() => this.#opened()),
      message: (text) => mine(() => this.#message(text))(),
      closed: mine(() => this.#lost()),
    });
  }

  #opened(): void {
    this.#bySub = new Map();
    this.#probe = null;
    this.#set({ connection: 'live', heardAt: this.#world.now(), retryAt: null, failures: 0 });
    for (const feed of this.#feeds.keys()) this.#openFeed(feed);
    this.#listen();
  }

  #lost(): void {
    const opened = this.#state.connection === 'live';
    this.#turn += 1;
    this.#socket?.close();
    this.#socket = null;
    this.#cancelTimer();
    const failures = opened ? 0 : this.#state.failures + 1;
    const ceiling = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 10));
    // Half fixed, half chance: a restarted server is not met by all pages at once.
    const waitMs = Math.round(ceiling / 2 + (this.#world.random() * ceiling) / 2);
    this.#set({
      connection: this.#state.heardAt === null ? 'connecting' : 'reconnecting',
      heardAt: this.#state.heardAt,
      retryAt: this.#world.now() + waitMs,
      failures,
    });
    this.#cancelTimer = this.#world.after(waitMs, () => this.#connect());
  }

  #message(text: string): void {
    this.#set({ ...this.#state, heardAt: this.#world.now() });
    this.#listen();
    const perFeed = new Map<Feed, ServerFrame[]>();
    for (const frame of parseFrames(text)) {
      if (frame.sub === this.#probe) {
        this.#send({ type: 'unsubscribe', sub: frame.sub });
        this.#probe = null;
        continue;
      }
      const feed = this.#bySub.get(frame.sub);
      if (feed === undefined) continue;
      const frames = perFeed.get(feed);
      if (frames === undefined) perFeed.set(feed, [frame]);
      else frames.push(frame);
    }
    for (const [feed, frames] of perFeed) feed.receive(frames, () => this.#again(feed));
  }

  #again(feed: Feed): void {
    this.#closeFeed(feed);
    if (this.#state.connection === 'live') this.#openFeed(feed);
  }

  #openFeed(feed: Feed): void {
    const sub = (this.#lastSub += 1);
    this.#feeds.set(feed, sub);
    this.#bySub.set(sub, feed);
    this.#send({ ...feed.open(), sub });
  }

  #closeFeed(feed: Feed): void {
    const sub = this.#feeds.get(feed);
    if (sub === null || sub === undefined) return;
    this.#feeds.set(feed, null);
    if (this.#bySub.delete(sub) && this.#state.connection === 'live') this.#send({ type: 'unsubscribe', sub });
  }

  #listen(): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#world.after(SILENCE_MS, () => this.#ask());
  }

  #ask(): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#world.after(ANSWER_MS, () => this.#lost());
    if (this.#probe !== null) this.#send({ type: 'unsubscribe', sub: this.#probe });
    this.#probe = this.#lastSub += 1;
    this.#send({ type: 'subscribe', sub: this.#probe, feed: 'list', filter: {}, limit: 1 });
  }

  #send(frame: ClientFrame): void {
    this.#socket?.send(JSON.stringify(frame));
  }

  #set(state: LiveState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

function parseFrames(text: string): readonly ServerFrame[] {
  try {
    // The server's own contract; only the envelope is checked, so that a proxy's error page harms nothing.
    const message = JSON.parse(text) as Partial<ServerMessage> | null;
    const frames = message?.frames;
    return frames !== undefined && Array.isArray(frames) ? (frames as readonly ServerFrame[]) : [];
  } catch {
    return [];
  }
}
