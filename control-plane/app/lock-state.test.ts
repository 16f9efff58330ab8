import { describe, expect, it } from 'vitest';
import { enter, FREE, grant, leave, onTerms, permitsHeld, type LockState } from './lock-state.ts';

const guard = (capacity: number, strategy: 'FIFO' | 'ASAP' = 'FIFO'): LockState => ({ ...FREE, capacity, strategy });
const ask = (state: LockState, requestId: string, permits = 1): LockState => {
  const entered = enter(state, { requestId, executionId: requestId, permits }, 20);
  if (entered === null) throw new Error('the queue is full');
  return grant(entered);
};
const gone = (state: LockState, requestId: string): LockState => grant(leave(state, requestId, new Set()));
const holders = (state: LockState) => state.holders.map((each) => each.requestId);
const queue = (state: LockState) => state.queue.map((each) => each.requestId);

describe('a guard', () => {
  it('has as many permits in use as it has, and no more', () => {
    const state = ['a', 'b', 'c'].reduce((each, id) => ask(each, id), guard(2));
    expect([holders(state), queue(state), permitsHeld(state)]).toEqual([['a', 'b'], ['c'], 2]);
    expect(holders(gone(state, 'a'))).toEqual(['b', 'c']);
  });

  it('FIFO: one that is too big for what is free keeps those behind it waiting', () => {
    const state = ask(ask(ask(guard(3), 'a', 2), 'big', 2), 'small', 1);
    expect([holders(state), queue(state)]).toEqual([['a'], ['big', 'small']]);
    expect(holders(gone(state, 'a'))).toEqual(['big', 'small']);
  });

  it('ASAP: the first that fits goes before', () => {
    const state = ask(ask(ask(guard(3, 'ASAP'), 'a', 2), 'big', 2), 'small', 1);
    expect([holders(state), queue(state)]).toEqual([['a', 'small'], ['big']]);
  });

  it('ASAP: of several that fit, the one that came first', () => {
    const waiting = ask(ask(ask(guard(2, 'ASAP'), 'a', 2), 'b', 1), 'c', 1);
    expect(holders(gone(waiting, 'a'))).toEqual(['b', 'c']);
    const one = ask(ask(ask(guard(1, 'ASAP'), 'a'), 'b'), 'c');
    expect(holders(gone(one, 'a'))).toEqual(['b']);
  });

  it('gives one place to a request that asks twice', () => {
    const state = ask(ask(guard(2), 'a'), 'a');
    expect([holders(state), state.nextTicket]).toEqual([['a'], 2]);
  });

  it('takes back the place in the queue, too', () => {
    const state = ask(ask(ask(guard(1), 'a'), 'b'), 'c');
    expect(holders(gone(gone(state, 'b'), 'a'))).toEqual(['c']);
  });

  it('follows what is defined now, and nothing older', () => {
    const full = ask(ask(guard(1), 'a'), 'b');
    const grown = grant(onTerms(full, { capacity: 2, strategy: 'FIFO', revision: 7 }));
    expect(holders(grown)).toEqual(['a', 'b']);
    expect(onTerms(grown, { capacity: 1, strategy: 'FIFO', revision: 6 })).toBe(grown);
    const shrunk = ask(onTerms(grown, { capacity: 1, strategy: 'FIFO', revision: 8 }), 'c');
    expect([holders(shrunk), queue(shrunk)]).toEqual([['a', 'b'], ['c']]);
    expect(queue(gone(shrunk, 'a'))).toEqual(['c']);
    expect(holders(gone(gone(shrunk, 'a'), 'b'))).toEqual(['c']);
  });
});
