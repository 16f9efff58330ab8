import { expect, it } from 'vitest';
import { simplePlan } from '../../test/support/plans.ts';
import { Play } from '../../test/support/play.ts';
import { VirtualSystem } from '../../test/support/virtual-system.ts';
import { Outbound } from './outbound.ts';

function open(carryOut: () => Promise<number>) {
  const system = new VirtualSystem();
  const told: unknown[] = [];
  const outbound = new Outbound(system.scheduler, carryOut, (error) => void told.push(error));
  return { system, told, outbound };
}

it('rings again when what it rang for went wrong, and says so', async () => {
  const { system, told, outbound } = open(() => Promise.resolve(1_000));
  let rung = 0;
  outbound.alarm(5_000, 0, async () => {
    rung += 1;
    if (rung < 3) throw new Error(`wrong ${rung}`);
  });
  await system.advance(5_000);
  expect(rung).toBe(1);
  await system.advance(10_000);
  expect(rung).toBe(3);
  expect(told.map(String)).toEqual(['Error: wrong 1', 'Error: wrong 2']);
});

it('does not ring for what was told to ring at another time meanwhile, or stopped', async () => {
  const { system, outbound } = open(() => Promise.resolve(1_000));
  const rung: string[] = [];
  outbound.alarm(1_000, 0, async () => {
    rung.push('first');
    outbound.alarm(5_000, 1_000, async () => void rung.push('second'));
    throw new Error('wrong');
  });
  await system.advance(4_000);
  expect(rung).toEqual(['first']);
  await system.advance(2_000);
  expect(rung).toEqual(['first', 'second']);
  outbound.alarm(9_000, 6_000, async () => {
    rung.push('third');
    outbound.stop();
    throw new Error('wrong');
  });
  await system.advance(10_000);
  expect(rung).toEqual(['first', 'second', 'third']);
});

it('carries out again what could not be carried out, and says what was wrong', async () => {
  let tried = 0;
  const { system, told, outbound } = open(async () => {
    tried += 1;
    if (tried < 3) throw new Error(`wrong ${tried}`);
    return 60_000;
  });
  const { execution, commands } = new Play(simplePlan());
  const [command] = commands;
  if (command === undefined) throw new Error('nothing is wanted');
  outbound.reconcile(execution, [command]);
  await system.advance(10_000);
  expect(tried).toBe(3);
  expect(told.map(String)).toEqual(['Error: wrong 1', 'Error: wrong 2']);
  outbound.stop();
});
