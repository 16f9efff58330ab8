import { expect, test } from 'vitest';
import fc from 'fast-check';
import { failure } from '@fairlead/proto/model/failure.ts';
import { countingCrash, MemoryDisk, NO_CRASH, SUCCESS, task } from '../test/support/agent-fakes.ts';
import { VirtualSystem } from '../test/support/virtual-system.ts';
import { Ledger } from './ledger.ts';

const offer = (attemptId: string, assignment = 1) =>
  ({ kind: 'offer', attemptId, epoch: 3, assignment, ledgerId: 'l', sessionId: 's', task: task(attemptId) }) as const;

const open = (disk: MemoryDisk, more: { compactAtBytes?: number } = {}): Promise<Ledger> =>
  Ledger.open({ file: disk.file(), system: new VirtualSystem(), crash: NO_CRASH, ...more });

const WHY = failure('CANCELED', 'not wanted');

test('what was written is there in the next process, under the same ledger id', async () => {
  const disk = new MemoryDisk();
  const first = await open(disk);
  await first.accepted(offer('e/1#1'));
  await first.accepted(offer('e/2#1'));
  await first.started('e/2#1');
  await first.record('e/2#1', 'before', { symlink: 'v1' });
  await first.accepted(offer('e/3#1'));
  await first.started('e/3#1');
  await first.finished('e/3#1', SUCCESS);
  await first.tombstone('e/4#1', { assignment: 2, epoch: 3, failure: WHY, every: true, owed: false });
  await first.metIncarnation('store7');

  const second = await open(disk);
  expect(second.id).toBe(first.id);
  expect(second.incarnation).toBe('store7');
  expect(second.entry('e/1#1')).toMatchObject({ state: 'ACCEPTED', assignment: 1, epoch: 3 });
  expect(second.entry('e/1#1')?.offer?.task.title).toBe('e/1#1');
  expect(second.entry('e/2#1')).toMatchObject({
    state: 'STARTED',
    records: [{ name: 'before', data: { symlink: 'v1' } }],
  });
  expect(second.entry('e/3#1')).toMatchObject({ state: 'FINISHED', result: SUCCESS, settled: false });
  expect(second.entry('e/4#1')).toMatchObject({ state: 'TOMBSTONE', every: true, failure: WHY, assignment: 2 });
  expect(second.open().map(({ attemptId }) => attemptId)).toEqual(['e/1#1', 'e/2#1', 'e/3#1']);
});

test('a tail torn at any byte is healed, and everything before it stands', async () => {
  const disk = new MemoryDisk();
  const ledger = await open(disk);
  await ledger.accepted(offer('e/1#1'));
  const sure = disk.bytes.length;
  await ledger.started('e/1#1');
  const whole = disk.bytes.slice();
  for (let length = sure; length < whole.length; length += 1) {
    const torn = new MemoryDisk();
    torn.bytes = whole.slice(0, length);
    const healed = await open(torn);
    expect(healed.entry('e/1#1')?.state).toBe('ACCEPTED');
    await healed.accepted(offer('e/2#1'));
    expect((await open(torn)).entry('e/2#1')?.state).toBe('ACCEPTED');
  }
});

test('zeros that a power cut left behind the last record are healed too', async () => {
  const disk = new MemoryDisk();
  await (await open(disk)).accepted(offer('e/1#1'));
  disk.bytes = Uint8Array.from([...disk.bytes, ...new Uint8Array(100)]);
  expect((await open(disk)).entry('e/1#1')?.state).toBe('ACCEPTED');
});

test('damage before intact records is not guessed around: the agent says so and does not start', async () => {
  const disk = new MemoryDisk();
  const ledger = await open(disk);
  await ledger.accepted(offer('e/1#1'));
  const at = disk.bytes.length - 20;
  await ledger.started('e/1#1');
  disk.bytes[at] = (disk.bytes[at] ?? 0) ^ 1;
  await expect(open(disk)).rejects.toThrow(/damaged at byte \d+, before records that are intact: move the file away/);
});

test('compaction and reopening at any moment keep what is open and what was settled', async () => {
  const step = fc.record({
    attempt: fc.integer({ min: 1, max: 6 }),
    act: fc.constantFrom('go', 'go', 'settle', 'bury'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const disk = new MemoryDisk();
      const ledger = await open(disk, { compactAtBytes: 600 });
      for (const { attempt, act } of steps) {
        const id = `e/${attempt}#1`;
        const state = ledger.entry(id)?.state;
        if (act === 'settle' && (state === 'FINISHED' || state === 'TOMBSTONE')) ledger.settled(id, 1);
        else if (act === 'bury' && state === 'ACCEPTED') {
          await ledger.tombstone(id, { assignment: 1, epoch: 3, failure: WHY, every: false, owed: true });
        } else if (state === undefined) await ledger.accepted(offer(id));
        else if (state === 'ACCEPTED') await ledger.started(id);
        else if (state === 'STARTED' && (ledger.entry(id)?.records.length ?? 0) < 2) {
          await ledger.record(id, 'unit', { n: attempt });
        } else if (state === 'STARTED') await ledger.finished(id, SUCCESS);
      }
      const before = new Map([...ledger.all()].map((entry) => [entry.attemptId, entry]));
      await ledger.close();
      const again = await open(disk);
      expect(again.id).toBe(ledger.id);
      expect(new Map([...again.all()].map((entry) => [entry.attemptId, entry]))).toEqual(before);
    }),
    { numRuns: 150 },
  );
});

test('the file stays small however much went through it; the oldest settled results go first, then their names', async () => {
  const disk = new MemoryDisk();
  const ledger = await open(disk, { compactAtBytes: 200_000 });
  for (let n = 1; n <= 1_500; n += 1) {
    const id = `e/${n}#1`;
    void ledger.accepted(offer(id));
    void ledger.started(id);
    await ledger.finished(id, SUCCESS);
    ledger.settled(id, 1);
  }
  await ledger.close();
  expect(disk.bytes.length).toBeLessThan(1_500_000);
  const again = await open(disk);
  expect(again.entry('e/1#1')).toMatchObject({ state: 'FINISHED', result: null, settled: true });
  expect(again.entry('e/1500#1')).toMatchObject({ state: 'FINISHED', result: SUCCESS, settled: true });
});

test('written() waits for what is still on its way to the disk', async () => {
  const disk = new MemoryDisk();
  const ledger = await open(disk);
  disk.hold = [];
  const accepted = ledger.accepted(offer('e/1#1'));
  let sure = false;
  const written = ledger.written().then(() => (sure = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(sure).toBe(false);
  disk.release();
  await Promise.all([accepted, written]);
  expect(sure).toBe(true);
});

test('after a failed write every later one is refused, because memory and disk may differ', async () => {
  const disk = new MemoryDisk();
  const ledger = await open(disk);
  disk.failing = true;
  await expect(ledger.accepted(offer('e/1#1'))).rejects.toThrow('no space left');
  disk.failing = false;
  await expect(ledger.accepted(offer('e/2#1'))).rejects.toThrow('cannot write its ledger');
  await expect(ledger.written()).rejects.toThrow('cannot write its ledger');
  expect(ledger.broken?.failures[0].code).toBe('ILLEGAL_STATE');
});

test('every write passes its crash points', async () => {
  const crash = countingCrash();
  const ledger = await Ledger.open({ file: new MemoryDisk().file(), system: new VirtualSystem(), crash });
  await ledger.accepted(offer('e/1#1'));
  expect(crash.passed).toEqual(['ledger:before', 'ledger:after', 'ledger:before', 'ledger:after']);
});
