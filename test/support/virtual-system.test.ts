import { expect, test } from 'vitest';
import { VirtualSystem } from './virtual-system.ts';

test('timers run in order of time, then of making, whatever the order of their making', async () => {
  const system = new VirtualSystem(7);
  const seen: string[] = [];
  const note = (name: string): void => void seen.push(`${name}@${system.clock.monotonic()}`);
  for (const ms of [50, 10, 30, 10, 0, 40, 20]) system.scheduler.after(ms, () => note(String(ms)));
  const dropped = system.scheduler.after(5, () => note('dropped'));
  dropped.cancel();
  await system.advance(30);
  expect(seen).toEqual(['0@0', '10@10', '10@10', '20@20', '30@30']);
  await system.advance(100);
  expect(seen.slice(5)).toEqual(['40@40', '50@50']);
  expect(system.elapsed).toBe(130);
  expect(system.waiting).toBe(0);
});

test('everything that follows from a timer happens before the next timer', async () => {
  const system = new VirtualSystem();
  const seen: string[] = [];
  system.scheduler.after(10, () => {
    void (async () => {
      for (let turn = 0; turn < 200; turn += 1) await Promise.resolve();
      seen.push('consequence');
    })();
  });
  system.scheduler.after(10, () => void seen.push('next timer'));
  await system.advance(10);
  expect(seen).toEqual(['consequence', 'next timer']);
});

test('a killed process runs no timer any more; the others do', async () => {
  const system = new VirtualSystem();
  const one = system.spawn('one');
  const other = system.spawn('other', 5_000);
  const seen: string[] = [];
  one.scheduler.after(10, () => void seen.push('one'));
  other.scheduler.after(10, () => void seen.push('other'));
  one.kill();
  one.scheduler.after(1, () => void seen.push('ghost'));
  await system.advance(100);
  expect(seen).toEqual(['other']);
  expect(other.clock.now() - system.clock.now()).toBe(5_000);
});

test('one seed gives one history, another seed another', () => {
  const draw = (seed: number): number[] => {
    const system = new VirtualSystem(seed).spawn('agent');
    return [...Array.from({ length: 5 }, () => system.random.fraction()), ...system.random.bytes(4)];
  };
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  expect(new VirtualSystem(3).spawn('a').random.fraction()).not.toBe(new VirtualSystem(3).spawn('b').random.fraction());
});

test('until() says when nothing is left that could make the claim true', async () => {
  const system = new VirtualSystem();
  system.scheduler.after(10, () => {});
  await expect(system.until(() => false)).rejects.toThrow('nothing is left to run');
});

test('a bug in a timer is thrown at the test', async () => {
  const system = new VirtualSystem();
  system.scheduler.after(1, () => {
    throw new Error('planted');
  });
  await expect(system.advance(5)).rejects.toThrow('planted');
});
