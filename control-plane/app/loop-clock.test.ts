import { expect, it } from 'vitest';
import { LoopClock } from './loop-clock.ts';

function clocks() {
  const real = { wall: 10_000, elapsed: 0.25 };
  const loop = new LoopClock({ now: () => real.wall, monotonic: () => real.elapsed });
  const pass = (ms: number): void => {
    real.wall += ms;
    real.elapsed += ms;
  };
  return { loop, pass, jump: (ms: number) => void (real.wall += ms) };
}

it('goes on as time passes, whatever the wall clock does', () => {
  const { loop, pass, jump } = clocks();
  pass(500);
  jump(-8_000);
  expect(loop.now()).toBe(10_500);
  jump(16_000);
  pass(1);
  expect(loop.now()).toBe(10_501);
});

it('goes on from what stands in the journal, when that is later', () => {
  const { loop, pass } = clocks();
  loop.reached(17_000);
  expect(loop.now()).toBe(17_000);
  pass(1_500);
  loop.reached(18_000);
  expect(loop.now()).toBe(18_500);
});
