import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../test/support/memory-store/index.ts';
import { LockKeeper } from './lock-keeper.ts';

const KEY = 'guard:g/unit';
const TWO = { capacity: 2, strategy: 'FIFO', revision: 1 } as const;

function keeper(over: Set<string> = new Set(), now: () => number = () => 0) {
  return new LockKeeper(createMemoryStore().documents, async (id) => over.has(id), { now });
}
const request = (execution: string, permits = 1) => ({
  requestId: `${execution}/r1/permits.1`,
  executionId: execution,
  permits,
});

describe('the lock keeper', () => {
  it('shares a guard by its capacity, and moves up who is next', async () => {
    const locks = keeper();
    expect(await locks.acquire(KEY, request('x1'), 20, TWO)).toEqual({ state: 'HELD', ticket: 1 });
    expect(await locks.acquire(KEY, request('x2'), 20, TWO)).toEqual({ state: 'HELD', ticket: 2 });
    expect(await locks.acquire(KEY, request('x3'), 20, TWO)).toEqual({ state: 'QUEUED', position: 1 });
    await locks.release(KEY, request('x1'));
    expect(await locks.acquire(KEY, request('x3'), 20, TWO)).toEqual({ state: 'HELD', ticket: 3 });
  });

  it('remembers since when each holds it or waits', async () => {
    let now = 100;
    const locks = keeper(new Set(), () => (now += 1));
    for (const id of ['x1', 'x2', 'x3', 'x4', 'x3']) await locks.acquire(KEY, request(id), 20, TWO);
    await locks.release(KEY, request('x1'));
    const { holders, queue } = await locks.look(KEY);
    expect(holders).toMatchObject([
      { executionId: 'x2', askedAt: 102, heldAt: 102 },
      { executionId: 'x3', askedAt: 103, heldAt: 105 },
    ]);
    expect(queue).toMatchObject([{ executionId: 'x4', askedAt: 104 }]);
    expect(queue[0]).not.toHaveProperty('heldAt');
  });

  it('refuses at once what can never be had', async () => {
    const answer = await keeper().acquire(KEY, request('x1', 3), 20, TWO);
    expect(answer).toMatchObject({ state: 'REFUSED', failure: { code: 'PERMITS_EXCEEDED' } });
  });

  it('evicts who is settled, holders and waiters', async () => {
    const over = new Set<string>();
    const locks = keeper(over);
    for (const id of ['x1', 'x2', 'x3', 'x4']) await locks.acquire(KEY, request(id), 20, TWO);
    over.add('x1').add('x3');
    expect(await locks.acquire(KEY, request('x4'), 20, TWO)).toEqual({ state: 'HELD', ticket: 4 });
  });

  it('evicts who is settled from a full queue', async () => {
    const over = new Set<string>();
    const locks = keeper(over);
    for (const id of ['x1', 'x2', 'x3', 'x4']) await locks.acquire(KEY, request(id), 2, TWO);
    expect(await locks.acquire(KEY, request('x5'), 2, TWO)).toMatchObject({ state: 'REFUSED' });
    over.add('x3');
    expect(await locks.acquire(KEY, request('x5'), 2, TWO)).toEqual({ state: 'QUEUED', position: 2 });
  });

  it('gives nothing to several who are settled, one after the other', async () => {
    const over = new Set<string>();
    const locks = keeper(over);
    for (const id of ['x1', 'x2', 'x3', 'x4', 'x5', 'x6']) await locks.acquire(KEY, request(id), 20, TWO);
    for (const id of ['x3', 'x4', 'x5', 'x2']) over.add(id);
    expect(await locks.acquire(KEY, request('x6'), 20, TWO)).toEqual({ state: 'HELD', ticket: 6 });
    expect((await locks.look(KEY)).holders.map((place) => place.executionId)).toEqual(['x1', 'x6']);
  });

  it('does not look at everybody in the queue for everybody in the queue', async () => {
    let looks = 0;
    const isOver = async (): Promise<boolean> => {
      looks += 1;
      return false;
    };
    const locks = new LockKeeper(createMemoryStore().documents, isOver, { now: () => 0 });
    const ids = Array.from({ length: 100 }, (_, index) => `x${index + 1}`);
    for (const id of ids) await locks.acquire(KEY, request(id), 200, TWO);
    looks = 0;
    await locks.release(KEY, request('x1'));
    for (const id of ids.slice(2)) await locks.acquire(KEY, request(id), 200, TWO);
    expect(looks).toBeLessThan(4 * ids.length);
  });

  it('lets a late repetition in no more, however many came after it, as long as its execution lives', async () => {
    const over = new Set<string>();
    const locks = keeper(over);
    await locks.acquire(KEY, request('x0'), 20, TWO);
    await locks.release(KEY, request('x0'));
    for (let number = 1; number <= 100; number += 1) {
      await locks.acquire(KEY, request(`x${number}`), 20, TWO);
      await locks.release(KEY, request(`x${number}`));
      over.add(`x${number}`);
    }
    expect(await locks.acquire(KEY, request('x0'), 20, TWO)).toMatchObject({ state: 'REFUSED' });
    expect((await locks.look(KEY)).released.length).toBeLessThan(70);
  });
});
