import { expect, test } from 'vitest';
import { memorySpool } from '../test/support/agent-fakes.ts';
import { VirtualSystem } from '../test/support/virtual-system.ts';
import { LogStream, type LogLimits } from './log-stream.ts';
import type { LogChunk } from './ports/log-chunk.ts';
import { SILENT } from './ports/logger.ts';
import type { Spool } from './ports/spool.ts';

const KB = 1_024;

/** A log store: what stands at which offset, as the control plane's does. */
class Stored {
  bytes = '';
  readonly batches: (readonly LogChunk[])[] = [];
  full = false;
  gaps = 0;

  take = (chunks: readonly LogChunk[]): boolean => {
    if (this.full) return false;
    this.batches.push(chunks);
    for (const { offset, bytes, gap } of chunks) {
      if (bytes.length === 0 || offset < this.bytes.length) continue;
      if (offset !== this.bytes.length + gap) throw new Error(`a chunk at ${offset} leaves a hole`);
      this.gaps += gap;
      this.bytes += '#'.repeat(gap) + new TextDecoder().decode(bytes);
    }
    return true;
  };
}

function world(limits?: LogLimits, spool: Spool = memorySpool()) {
  const system = new VirtualSystem();
  const logs = new LogStream({ system, spool, logger: SILENT, ...(limits === undefined ? {} : { limits }) });
  return { system, logs, stored: new Stored(), spool };
}

const text = (length: number, letter = 'x'): Uint8Array => new TextEncoder().encode(letter.repeat(length));

test('small writes travel together after 50 ms, a large one at once', async () => {
  const { system, logs, stored } = world();
  logs.connected(stored.take);
  const sink = logs.open('a', false);
  for (const letter of 'hello') sink.write(text(1, letter));
  await system.advance(49);
  expect(stored.batches).toHaveLength(0);
  await system.advance(1);
  expect(stored.batches).toHaveLength(1);
  expect(stored.bytes).toBe('hello');
  sink.write(text(64 * KB));
  await system.settle();
  expect(stored.bytes).toHaveLength(5 + 64 * KB);
});

test('closing flushes soon, and a log is forgotten when it is stored', async () => {
  const { system, logs, stored } = world();
  logs.connected(stored.take);
  const sink = logs.open('a', false);
  sink.write(text(3));
  sink.close();
  sink.write(text(3, 'late'));
  await system.advance(5);
  expect(stored.bytes).toBe('xxx');
  let flushed = false;
  void logs.flushed().then(() => (flushed = true));
  await system.settle();
  expect(flushed).toBe(false);
  logs.stored('a', 3);
  await system.settle();
  expect(flushed).toBe(true);
  expect(logs.waitingBytes).toBe(0);
});

test('after a reconnect everything not known to be stored comes again, in the same chunks', async () => {
  const { system, logs, stored } = world();
  logs.connected(stored.take);
  const sink = logs.open('a', false);
  sink.write(text(10, 'a'));
  await system.advance(50);
  sink.write(text(10, 'b'));
  await system.advance(50);
  logs.stored('a', 10);
  logs.disconnected();
  sink.write(text(10, 'c'));
  await system.advance(1_000);
  const again = new Stored();
  again.bytes = stored.bytes.slice(0, 10);
  logs.connected(again.take);
  await system.settle();
  expect(again.batches.flat().map(({ offset, bytes }) => [offset, bytes.length])).toEqual([
    [10, 10],
    [20, 10],
  ]);
  expect(again.bytes).toBe('a'.repeat(10) + 'b'.repeat(10) + 'c'.repeat(10));
});

test('beyond the limit the middle is dropped, its beginning and end are kept, and the gap says how much', async () => {
  const { system, logs, stored } = world({ attemptBytes: 512 * KB, totalBytes: 1_024 * KB, memoryBytes: 1_024 * KB });
  const sink = logs.open('a', false);
  sink.write(text(256 * KB, 'h'));
  for (let n = 0; n < 40; n += 1) sink.write(text(64 * KB, 'm'));
  sink.write(text(128 * KB, 't'));
  expect(logs.waitingBytes).toBeLessThanOrEqual(512 * KB);
  logs.connected(stored.take);
  await system.settle();
  const total = (256 + 40 * 64 + 128) * KB;
  expect(stored.bytes).toHaveLength(total);
  expect(stored.gaps).toBe(total - 512 * KB);
  expect(stored.bytes.startsWith('h'.repeat(192 * KB))).toBe(true);
  expect(stored.bytes.endsWith('t'.repeat(128 * KB))).toBe(true);
  expect(stored.batches.flat().filter(({ gap }) => gap > 0)).toHaveLength(1);
});

test('all logs together keep within the total; the longest gives', async () => {
  const { logs } = world({ attemptBytes: 512 * KB, totalBytes: 768 * KB, memoryBytes: 1_024 * KB });
  const quiet = logs.open('quiet', false);
  quiet.write(text(100, 'q'));
  for (const name of ['a', 'b', 'c']) logs.open(name, false).write(text(512 * KB));
  expect(logs.waitingBytes).toBeLessThanOrEqual(768 * KB);
});

test('what memory should not hold goes to the spool and comes back whole', async () => {
  const spool = memorySpool();
  const { system, logs, stored } = world(
    { attemptBytes: 4_096 * KB, totalBytes: 4_096 * KB, memoryBytes: 128 * KB },
    spool,
  );
  const sink = logs.open('a', false);
  let whole = '';
  for (let n = 0; n < 20; n += 1) {
    const letter = String.fromCharCode(97 + n);
    sink.write(text(50 * KB, letter));
    whole += letter.repeat(50 * KB);
    await system.settle();
  }
  expect(spool.used.size).toBeGreaterThan(5);
  logs.connected(stored.take);
  await system.settle();
  expect(stored.bytes).toBe(whole);
});

test('a spool that cannot be read costs a stretch of log and nothing else', async () => {
  const spool: Spool = { ...memorySpool(), read: () => Promise.reject(new Error('EIO')) };
  const { system, logs, stored } = world(
    { attemptBytes: 4_096 * KB, totalBytes: 4_096 * KB, memoryBytes: 64 * KB },
    spool,
  );
  const sink = logs.open('a', false);
  for (let n = 0; n < 4; n += 1) {
    sink.write(text(64 * KB));
    await system.settle();
  }
  logs.connected(stored.take);
  await system.settle();
  expect(stored.bytes).toHaveLength(256 * KB);
  expect(stored.bytes).toContain('[the agent lost this stretch of the log]');
});

test('a full stream is waited for, and no byte is lost or doubled', async () => {
  const { system, logs, stored } = world();
  logs.connected(stored.take);
  stored.full = true;
  const sink = logs.open('a', false);
  for (let n = 0; n < 10; n += 1) {
    sink.write(text(40 * KB, String(n)));
    await system.advance(60);
  }
  expect(stored.bytes).toBe('');
  stored.full = false;
  logs.writable();
  await system.settle();
  expect(stored.bytes).toBe(Array.from({ length: 10 }, (_, n) => String(n).repeat(40 * KB)).join(''));
});

test('one flooding log does not hold up the others', async () => {
  const { system, logs, stored } = world();
  const order: string[] = [];
  const flood = logs.open('flood', false);
  const quiet = logs.open('quiet', false);
  for (let n = 0; n < 20; n += 1) flood.write(text(64 * KB));
  quiet.write(text(10));
  logs.connected((chunks) => {
    order.push(...chunks.map(({ attemptId }) => attemptId));
    return chunks.every(({ attemptId }) => attemptId === 'quiet' || stored.take(chunks));
  });
  await system.settle();
  expect(order.indexOf('quiet')).toBeLessThan(3);
});

test('a resumed log asks how long it is before it writes on', async () => {
  const { system, logs } = world();
  const sent: LogChunk[] = [];
  const sink = logs.open('a', true);
  sink.write(text(5));
  logs.connected((chunks) => {
    sent.push(...chunks);
    return true;
  });
  await system.advance(1_000);
  expect(sent.map(({ offset, bytes }) => [offset, bytes.length])).toEqual([[0, 0]]);
  logs.stored('a', 1_234);
  await system.settle();
  expect(sent.slice(1).map(({ offset, bytes, gap }) => [offset, bytes.length, gap])).toEqual([[1_234, 5, 0]]);
  sink.close();
  logs.stored('a', 1_239);
  await logs.flushed();
});

test('a closed log tells how long it is, what was dropped from it included', () => {
  const { logs } = world({ attemptBytes: 256 * KB, totalBytes: 4_096 * KB, memoryBytes: 4_096 * KB });
  const sink = logs.open('a', false);
  for (let n = 0; n < 8; n += 1) sink.write(text(64 * KB));
  expect(logs.waitingBytes).toBe(256 * KB);
  expect(sink.close()).toBe(512 * KB);
  // A log goes on where an earlier process left it: until that is known, so is not its length.
  const resumed = logs.open('b', true);
  resumed.write(text(3));
  logs.stored('b', 40);
  expect(resumed.close()).toBe(43);
  const unknown = logs.open('c', true);
  unknown.write(text(3));
  expect(unknown.close()).toBeNull();
});
