import type { ClientFrame, ServerFrame } from '@fairlead/proto/live.ts';
import { describe, expect, it } from 'vitest';
import { type Feed, LiveConnection, type LiveWorld, type SocketHandlers } from './live-connection.ts';

/** A browser with one socket at a time and a clock moved by hand. */
class World implements LiveWorld {
  time = 0;
  readonly sent: ClientFrame[] = [];
  handlers: SocketHandlers | null = null;
  connects = 0;
  #timers: { readonly at: number; readonly run: () => void }[] = [];

  connect(handlers: SocketHandlers): { send(text: string): void; close(): void } {
    this.connects += 1;
    this.handlers = handlers;
    return { send: (text) => void this.sent.push(JSON.parse(text) as ClientFrame), close: () => undefined };
  }
  now(): number {
    return this.time;
  }
  after(ms: number, run: () => void): () => void {
    const timer = { at: this.time + ms, run };
    this.#timers.push(timer);
    return () => (this.#timers = this.#timers.filter((each) => each !== timer));
  }
  random(): number {
    return 0.5;
  }
  pass(ms: number): void {
    this.time += ms;
    for (const timer of this.#timers.filter((each) => each.at <= this.time)) {
      this.#timers = this.#timers.filter((each) => each !== timer);
      timer.run();
    }
  }
  tell(...frames: readonly object[]): void {
    this.handlers?.message(JSON.stringify({ frames }));
  }
}

const logFeed = (got: ServerFrame[] = []): { feed: Feed; got: ServerFrame[]; from: { value: number } } => {
  const from = { value: 0 };
  const feed: Feed = {
    open: () => ({ type: 'subscribe', feed: 'log', attemptId: 'a', from: from.value }),
    receive: (frames) => void got.push(...frames),
  };
  return { feed, got, from };
};

function started(): { world: World; live: LiveConnection } {
  const world = new World();
  const live = new LiveConnection(world);
  live.start();
  return { world, live };
}

describe('the live connection', () => {
  it('subscribes once it is open, and again from where the feed then stands', () => {
    const { world, live } = started();
    const { feed, from } = logFeed();
    live.add(feed);
    expect(world.sent).toEqual([]);
    world.handlers?.opened();
    expect(world.sent).toEqual([{ type: 'subscribe', sub: 1, feed: 'log', attemptId: 'a', from: 0 }]);
    from.value = 77;
    world.handlers?.closed();
    expect(live.state.connection).toBe('reconnecting');
    world.pass(1_000);
    world.handlers?.opened();
    expect(world.sent.at(-1)).toMatchObject({ sub: 2, from: 77 });
  });

  it('gives a feed its own frames only, and none meant for an earlier subscription', () => {
    const { world, live } = started();
    const { feed, got } = logFeed();
    live.add(feed);
    world.handlers?.opened();
    world.handlers?.closed();
    world.pass(1_000);
    world.handlers?.opened();
    world.tell(
      { sub: 1, feed: 'log', text: 'old' },
      { sub: 2, feed: 'log', text: 'new' },
      { sub: 9, feed: 'log', text: 'other' },
    );
    expect(got).toMatchObject([{ text: 'new' }]);
  });

  it('ignores a socket that was given up', () => {
    const { world, live } = started();
    const first = world.handlers;
    first?.opened();
    first?.closed();
    world.pass(1_000);
    world.handlers?.opened();
    first?.closed();
    expect(live.state.connection).toBe('live');
  });

  it('waits longer after each failure, never more than ten seconds', () => {
    const { world, live } = started();
    const waits: number[] = [];
    for (let turn = 0; turn < 8; turn += 1) {
      world.handlers?.closed();
      waits.push((live.state.retryAt ?? 0) - world.time);
      world.pass(waits.at(-1) ?? 0);
    }
    expect(waits.slice(0, 3)).toEqual([375, 750, 1_500]);
    expect(Math.max(...waits)).toBe(7_500);
    expect(live.state).toMatchObject({ connection: 'connecting', failures: 8 });
  });

  it('asks after a silence, and takes no answer for a dead connection', () => {
    const { world, live } = started();
    world.handlers?.opened();
    world.pass(20_000);
    const probe = world.sent.at(-1);
    expect(probe).toMatchObject({ type: 'subscribe', feed: 'list', limit: 1 });
    world.tell({ sub: probe?.sub, feed: 'list', snapshot: true, rows: [] });
    expect(world.sent.at(-1)).toEqual({ type: 'unsubscribe', sub: probe?.sub });
    world.pass(20_000);
    world.pass(10_000);
    expect(live.state.connection).toBe('reconnecting');
    world.pass(1_000);
    expect(world.connects).toBe(2);
  });

  it('does not wait for the timer when the network comes back', () => {
    const { world, live } = started();
    world.handlers?.closed();
    live.hurry();
    expect(world.connects).toBe(2);
  });

  it('subscribes anew when a feed says that it lost the thread', () => {
    const { world, live } = started();
    live.add({
      open: () => ({ type: 'subscribe', feed: 'execution', executionId: 'e' }),
      receive: (_, again) => again(),
    });
    world.handlers?.opened();
    world.tell({ sub: 1, feed: 'execution', snapshot: false });
    expect(world.sent.slice(1)).toMatchObject([
      { type: 'unsubscribe', sub: 1 },
      { type: 'subscribe', sub: 2 },
    ]);
  });

  it('says goodbye for a feed that is no longer looked at', () => {
    const { world, live } = started();
    const { feed, got } = logFeed();
    const remove = live.add(feed);
    world.handlers?.opened();
    remove();
    expect(world.sent.at(-1)).toEqual({ type: 'unsubscribe', sub: 1 });
    world.tell({ sub: 1, feed: 'log', text: 'late' });
    expect(got).toEqual([]);
  });

  it('survives an answer that is not ours', () => {
    const { world, live } = started();
    world.handlers?.opened();
    for (const text of ['<html>', 'null', '{"frames":3}']) world.handlers?.message(text);
    expect(live.state.connection).toBe('live');
  });
});
