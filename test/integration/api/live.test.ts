import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { completeLength } from '../../../control-plane/api/live/utf8.ts';
import { nodeOf } from './fake-views.ts';
import { connectLive, fold, isExecution, isLog } from './live-client.ts';
import type { LiveClient } from './live-client.ts';
import { serve } from './serve.ts';
import type { Served } from './serve.ts';

let served: Served;
let clients: LiveClient[];
beforeEach(async () => {
  served = await serve();
  clients = [];
});
afterEach(async () => {
  for (const client of clients) client.socket.terminate();
  await served.http.close();
  expect(served.logged).toEqual([]);
});

async function connect(headers?: Readonly<Record<string, string>>): Promise<LiveClient> {
  const client = await connectLive(served.http.url, headers);
  clients.push(client);
  return client;
}

const follow = (executionId: string, sub = 1, after?: number) => ({
  type: 'subscribe',
  sub,
  feed: 'execution',
  executionId,
  ...(after === undefined ? {} : { after }),
});

describe('who may listen', () => {
  it('is who has a key, or the page with its session', async () => {
    await expect(connect({})).rejects.toThrow('401');
    await expect(connect({ authorization: 'Bearer nope' })).rejects.toThrow('401');
    const { token } = await served.useCases.createLoginToken({ id: 'a', name: 'a', kind: 'USER', rights: ['*'] });
    const { session } = await served.useCases.exchangeLoginToken(token);
    const cookie = `fairlead_session=${session}`;
    await expect(connect({ cookie })).rejects.toThrow('403');
    await expect(connect({ cookie, origin: 'http://evil.example' })).rejects.toThrow('403');
    await connect({ cookie, origin: served.http.url });
    await connect({ 'x-api-key': 'key-reader' });
  });
});

describe('an execution', () => {
  it('arrives whole, then in what changed, and gives what the API gives', async () => {
    const { useCases } = served;
    const id = useCases.create('ship-web', {}, [nodeOf('a', null, 'phase'), nodeOf('b', 'a', 'section')]);
    const client = await connect();
    client.send(follow(id));
    await expect.poll(() => client.frames(1)).toHaveLength(1);
    expect(client.frames(1)[0]).toMatchObject({ snapshot: true, seq: 1 });
    useCases.change(id, [nodeOf('b', 'a', 'section', { status: 'SUCCESS' })]);
    await expect.poll(() => client.frames(1)).toHaveLength(2);
    const second = client.frames(1).filter(isExecution)[1];
    expect(second).toMatchObject({ snapshot: false, seq: 2 });
    expect(second?.nodes.map((node) => node.id)).toEqual(['b']);
    expect(fold(client.frames(1))).toEqual(useCases.views.get(id));
  });

  it('has no gap and no step back under a storm, for clients that come and go', async () => {
    const { useCases } = served;
    const id = useCases.create();
    let going = true;
    const storm = (async () => {
      for (let step = 0; going; step += 1) {
        const node = `n${step % 37}`;
        useCases.change(id, [nodeOf(node, null, 'task', { note: String(step) })], {
          progress: { done: step, total: 9999 },
        });
        if (step % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
        if (step % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
      }
    })();
    const steady = await connect();
    steady.send(follow(id));
    await expect.poll(() => steady.messages.length).toBeGreaterThan(3);
    const late = await connect();
    late.send(follow(id));
    // Leaves, and comes back where it was.
    const first = await connect();
    first.send(follow(id));
    await expect.poll(() => first.messages.length).toBeGreaterThan(3);
    first.socket.terminate();
    const known = fold(first.frames(1));
    const again = await connect();
    again.send(follow(id, 7, known?.seq));
    await expect.poll(() => again.messages.length).toBeGreaterThan(3);
    going = false;
    await storm;
    const truth = useCases.views.get(id);
    for (const client of [steady, late]) await expect.poll(() => fold(client.frames(1))).toEqual(truth);
    await expect.poll(() => fold(again.frames(7), known)).toEqual(truth);
    // It was told changes, not everything anew.
    expect(again.frames(7).filter(isExecution)[0]?.snapshot).toBe(false);
    for (const client of [steady, late, again]) {
      const seqs = client.messages.flatMap((message) => message.frames.filter(isExecution).map((frame) => frame.seq));
      expect(seqs).toEqual([...seqs].sort((one, other) => one - other));
      const gaps = client.messages.slice(1).map((message, index) => message.at - (client.messages[index]?.at ?? 0));
      // A timer may fire up to a millisecond early by the other end's clock, and arrival is not sending.
      expect(gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length).toBeGreaterThan(45);
    }
  });

  it('is read and told once for all who watch it', async () => {
    const { useCases } = served;
    const id = useCases.create();
    const all = await Promise.all(Array.from({ length: 20 }, () => connect()));
    for (const client of all) client.send(follow(id));
    for (const client of all) await expect.poll(() => client.frames(1)).toHaveLength(1);
    const before = useCases.reads;
    useCases.change(id, [nodeOf('a', null, 'phase')]);
    for (const client of all) await expect.poll(() => client.frames(1)).toHaveLength(2);
    expect(useCases.reads - before).toBe(1);
    expect(useCases.watchers).toBe(1);
    for (const client of all) client.socket.terminate();
    await expect.poll(() => useCases.watchers).toBe(0);
  });

  it('is told again in whole when something vanished from it', async () => {
    const { useCases } = served;
    const id = useCases.create('ship-web', {}, [nodeOf('a', null, 'phase'), nodeOf('b', null, 'phase')]);
    const client = await connect();
    client.send(follow(id));
    await expect.poll(() => client.frames(1)).toHaveLength(1);
    const view = useCases.views.get(id);
    if (view === undefined) throw new Error('no view');
    useCases.views.set(id, { ...view, seq: 2, nodes: view.nodes.slice(0, 1) });
    useCases.ring(id);
    await expect.poll(() => fold(client.frames(1))?.nodes.map((node) => node.id)).toEqual(['a']);
  });

  it('ignores an answer older than the last', async () => {
    const { useCases } = served;
    const id = useCases.create();
    const old = useCases.views.get(id);
    const client = await connect();
    client.send(follow(id));
    useCases.change(id, [nodeOf('a', null, 'phase')]);
    await expect.poll(() => fold(client.frames(1))?.seq).toBe(2);
    if (old !== undefined) useCases.views.set(id, old);
    const reads = useCases.reads;
    useCases.ring(id);
    await expect.poll(() => useCases.reads).toBeGreaterThan(reads);
    useCases.views.set(id, { ...(old as NonNullable<typeof old>), seq: 3 });
    useCases.ring(id);
    await expect.poll(() => fold(client.frames(1))?.seq).toBe(3);
    expect(
      client
        .frames(1)
        .filter(isExecution)
        .map((frame) => frame.seq),
    ).not.toContain(1);
  });
});

describe('a log', () => {
  it('arrives byte for byte, cut only between characters, with its gaps', async () => {
    const { useCases } = served;
    const attempt = 'ex1/r/p/s/t@web-1#1';
    const text = 'grüße 🚢 aus dem Hafen\n'.repeat(40);
    const bytes = Buffer.from(text);
    useCases.appendLog(attempt, bytes.subarray(0, 4));
    const client = await connect();
    client.send({ type: 'subscribe', sub: 3, feed: 'log', attemptId: attempt, from: 0 });
    for (let at = 4; at < bytes.length; at += 7) {
      useCases.appendLog(attempt, bytes.subarray(at, at + 7));
      if (at % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    useCases.appendLog(attempt, Buffer.from('after the gap'), 1000);
    const logs = () => client.frames(3).filter(isLog);
    await expect
      .poll(() =>
        logs()
          .map((frame) => frame.text)
          .join(''),
      )
      .toBe(`${text}after the gap`);
    const last = logs().at(-1);
    expect(last).toMatchObject({ gap: 1000, offset: bytes.length + 1000, next: bytes.length + 1013 });
    let position = 0;
    for (const frame of logs()) {
      expect(frame.offset).toBe(position + frame.gap);
      expect(frame.next - frame.offset).toBe(Buffer.byteLength(frame.text));
      position = frame.next;
    }
    // From any offset on.
    client.send({ type: 'subscribe', sub: 4, feed: 'log', attemptId: attempt, from: bytes.length + 1006 });
    await expect.poll(() => client.frames(4).filter(isLog)).toHaveLength(1);
    expect(client.frames(4)[0]).toMatchObject({ text: 'the gap', gap: 0 });
  });

  it('of a moment has nothing that was read later', async () => {
    const { useCases } = served;
    const attempt = 'ex1/r/p/s/t@web-1#1';
    useCases.appendLog(attempt, Buffer.from('early\n'), 0, 1_000);
    useCases.appendLog(attempt, Buffer.from('in time\n'), 0, 2_000);
    useCases.appendLog(attempt, Buffer.from('late\n'), 0, 2_001);
    const client = await connect();
    const text = (sub: number): string =>
      client
        .frames(sub)
        .filter(isLog)
        .map((frame) => frame.text)
        .join('');
    const log = { type: 'subscribe', feed: 'log', attemptId: attempt, from: 0 } as const;
    client.send({ ...log, sub: 1, until: 2_000 });
    client.send({ ...log, sub: 2 });
    await expect.poll(() => text(2)).toBe('early\nin time\nlate\n');
    expect(text(1)).toBe('early\nin time\n');
    useCases.appendLog(attempt, Buffer.from('later still\n'), 0, 3_000);
    await expect.poll(() => text(2)).toContain('later still');
    expect(text(1)).toBe('early\nin time\n');
  });

  it('waits for a reader that is slow, while others go on', async () => {
    const { useCases } = served;
    const attempt = 'ex1/r/p/s/t@web-1#1';
    const id = useCases.create();
    const slow = await connect();
    slow.socket.pause();
    slow.send({ type: 'subscribe', sub: 1, feed: 'log', attemptId: attempt, from: 0 });
    const line = Buffer.from(`${'x'.repeat(65_535)}\n`);
    const total = 400;
    useCases.appendLog(attempt, line);
    slow.send(follow(id, 2));
    let reads = 0;
    const readLog = useCases.readLog.bind(useCases);
    useCases.readLog = (...parameters) => {
      reads += 1;
      return readLog(...parameters);
    };
    for (let count = 1; count < total; count += 1) useCases.appendLog(attempt, line);
    const quick = await connect();
    quick.send(follow(id));
    for (let step = 0; step < 300; step += 1) {
      useCases.change(id, [nodeOf('a', null, 'task', { note: String(step) })]);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await expect.poll(() => fold(quick.frames(1))).toEqual(useCases.views.get(id));
    // What the kernel and the socket buffer take, and not the 26 MB (100 reads) that there are.
    expect(reads).toBeLessThan(70);
    slow.socket.resume();
    await expect.poll(() => fold(slow.frames(2)), { timeout: 10_000 }).toEqual(useCases.views.get(id));
    const length = () => slow.frames(1).filter(isLog).at(-1)?.next;
    await expect.poll(length, { timeout: 40_000, interval: 250 }).toBe(total * line.length);
    // Three hundred changes were a handful of frames for it.
    expect(slow.frames(2).length).toBeLessThan(150);
  }, 60_000);
});

describe('the list', () => {
  it('converges: new rows, changed rows, and rows that no longer match', async () => {
    const { useCases } = served;
    const first = useCases.create();
    const client = await connect();
    client.send({ type: 'subscribe', sub: 1, feed: 'list', filter: { statuses: ['RUNNING'] }, limit: 3 });
    const rows = () => client.frames(1).flatMap((frame) => ('feed' in frame && frame.feed === 'list' ? [frame] : []));
    await expect
      .poll(() =>
        rows()
          .at(-1)
          ?.rows.map((row) => row.executionId),
      )
      .toEqual([first]);
    expect(rows()[0]?.snapshot).toBe(true);
    const second = useCases.create();
    await expect.poll(() => rows().at(-1)).toMatchObject({ snapshot: false, rows: [{ executionId: second }] });
    useCases.change(first, [nodeOf('a', null, 'phase')]);
    await expect.poll(() => rows().at(-1)).toMatchObject({ snapshot: false, rows: [{ executionId: first, seq: 2 }] });
    useCases.finish(first, 'SUCCESS');
    await expect.poll(() => rows().at(-1)).toMatchObject({ snapshot: true, rows: [{ executionId: second }] });
  });
});

describe('subscriptions', () => {
  it('are refused in words, one by one', async () => {
    const { useCases } = served;
    const id = useCases.create();
    const client = await connect();
    client.send(follow('nope', 1));
    client.send({ type: 'subscribe', sub: 2, feed: 'log', attemptId: 'x/y', from: 0 });
    client.send({ type: 'subscribe', sub: 3, feed: 'what' });
    client.send(follow(id, 4));
    client.send(follow(id, 4));
    const errors = (sub: number) => client.frames(sub).flatMap((frame) => ('error' in frame ? [frame.error.code] : []));
    await expect
      .poll(() => [1, 2, 3, 4].map(errors))
      .toEqual([['NOT_FOUND'], ['NOT_FOUND'], ['INVALID_INPUT'], ['CONFLICT']]);
    for (let sub = 5; sub < 110; sub += 1) client.send(follow(id, sub));
    await expect.poll(() => errors(109)).toEqual(['OVERLOADED']);
    expect(errors(100)).toEqual([]);
    for (let sub = 4; sub < 110; sub += 1) client.send({ type: 'unsubscribe', sub });
    await expect.poll(() => useCases.watchers).toBe(0);
  });

  it('give what was asked last under a number, also when what was asked before is opened first', async () => {
    const { useCases } = served;
    const [before, last] = [useCases.create(), useCases.create()];
    useCases.resolveExecution = async (_actor, id) => {
      await new Promise((done) => setTimeout(done, id === last ? 500 : 200));
      return id;
    };
    const client = await connect();
    client.send(follow(before, 1));
    client.send({ type: 'unsubscribe', sub: 1 });
    client.send(follow(last, 1));
    await expect.poll(() => client.frames(1).length, { timeout: 5_000 }).toBeGreaterThan(0);
    await new Promise((done) => setTimeout(done, 400));
    const followed = client.frames(1).map((frame) => (isExecution(frame) ? frame.header.executionId : frame));
    expect(new Set(followed)).toEqual(new Set([last]));
    client.socket.close();
    await expect.poll(() => useCases.watchers).toBe(0);
  });

  it('end with a message that is none', async () => {
    const broken = await connect();
    broken.socket.send('{');
    expect((await broken.closed).code).toBe(1008);
    const binary = await connect();
    binary.socket.send(Buffer.from([1, 2, 3]));
    expect((await binary.closed).code).toBe(1003);
    const huge = await connect();
    huge.socket.on('error', () => undefined);
    huge.socket.send('x'.repeat(100_000));
    expect((await huge.closed).code).toBe(1009);
  });

  it('are told to come back when the control plane stops', async () => {
    const own = await serve();
    const client = await connectLive(own.http.url);
    await own.http.close();
    expect((await client.closed).code).toBe(1001);
  });
});

describe('completeLength', () => {
  it('finds every cut within a character', () => {
    const bytes = Buffer.from('aé€🚢');
    const whole = [0, 1, 3, 6, 10];
    for (let end = 0; end <= bytes.length; end += 1) {
      const expected = whole.findLast((length) => length <= end);
      expect(completeLength(bytes.subarray(0, end)), `${end}`).toBe(expected);
    }
    expect(completeLength(Buffer.from([0x80, 0x80, 0x80, 0x80]))).toBe(4);
    expect(completeLength(Buffer.from([0xff]))).toBe(0);
  });
});
