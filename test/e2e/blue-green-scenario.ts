import { afterAll, beforeAll, expect, it } from 'vitest';
import type { StartBalancer } from '../contract/load-balancer/balancer-world.ts';
import { until } from './fairlead-process.ts';
import { BlueGreenWorld } from './blue-green-world.ts';

/** One after the other: each begins with what the one before it left. */
export function blueGreenScenario(start: StartBalancer): void {
  let world: BlueGreenWorld;
  let second = '';

  beforeAll(async () => {
    world = await BlueGreenWorld.make(start);
  }, 90_000);
  afterAll(async () => {
    await world.remove();
  });

  const answered = (): readonly string[] => [...world.people.answers.keys()].toSorted();
  const afterUndoing = (build: string): readonly string[] => [
    'web-1 2 live',
    'web-2 2 live',
    `web-3 ${build} UNDONE`,
    `web-4 ${build} UNDONE`,
  ];
  /** Until people got the answer from what serves now. */
  const reaches = (version: string): Promise<void> =>
    until(
      `${version} is served`,
      () => (world.people.answers.get(version) ?? 0) > 0,
      10_000,
      () => answered().join(),
    );

  it('deploys the first version to the idle group, and it becomes live', async () => {
    const { header } = await world.deploy('1');
    expect(header.status, JSON.stringify(header.failure)).toBe('SUCCESS');
    await reaches('1');
    expect(await world.instances()).toEqual(['web-3 1 live', 'web-4 1 live']);
  }, 60_000);

  it('deploys the next one beside it, and nobody notices the swap', async () => {
    world.people.reset();
    const { header } = await world.deploy('2');
    second = header.executionId;
    expect(header.status, JSON.stringify(header.failure)).toBe('SUCCESS');
    await reaches('2');
    expect([answered(), world.people.failed()]).toEqual([['1', '2'], 0]);
    world.people.reset();
    await reaches('2');
    expect(answered()).toEqual(['2']);
    expect(await world.instances()).toEqual(['web-1 2 live', 'web-2 2 live', 'web-3 1 idle', 'web-4 1 idle']);
  }, 60_000);

  it('never gives traffic to a version that answers 500', async () => {
    world.people.reset();
    const { header } = await world.deploy('3');
    expect([header.status, header.failure?.code]).toEqual(['FAILED', 'ASSERTION_FAILED']);
    expect(header.rollback).toBe('SUCCESS');
    await reaches('2');
    expect([answered(), world.people.failed()]).toEqual([['2'], 0]);
    expect(await world.instances()).toEqual(afterUndoing('3'));
  }, 60_000);

  it('a version is deployed beside it again, by an agent that is killed between telling and being told', async () => {
    world.people.reset();
    const told = world.whenToldOf(/^set server web\/web-3 state ready/);
    const id = await world.start('1');
    await told;
    await world.controlPlane.stop('SIGKILL');
    await world.startControlPlane();
    const { header } = await world.settled(id);
    expect(header.status, JSON.stringify(header.failure)).toBe('SUCCESS');
    await reaches('1');
    expect([answered(), world.people.failed()]).toEqual([['1', '2'], 0]);
    second = id;
  }, 90_000);

  it('a rollback after success swaps back', async () => {
    world.people.reset();
    const { header } = await world.rollBack(second);
    expect(header.status, JSON.stringify(header.failure)).toBe('SUCCESS');
    await reaches('2');
    expect([answered(), world.people.failed()]).toEqual([['1', '2'], 0]);
    world.people.reset();
    await reaches('2');
    expect(answered()).toEqual(['2']);
    expect(await world.instances()).toEqual(afterUndoing('1'));
  }, 60_000);

  it('and what it went back to is what the next deployment would go back to', async () => {
    const { header } = await world.deploy('3');
    expect(header.status).toBe('FAILED');
    expect(await world.instances()).toEqual(afterUndoing('3'));
    const { header: good } = await world.deploy('1');
    expect(good.status, JSON.stringify(good.failure)).toBe('SUCCESS');
    expect((await world.rollBack(good.executionId)).header.status).toBe('SUCCESS');
    world.people.reset();
    await reaches('2');
    expect([answered(), world.people.failed()]).toEqual([['2'], 0]);
  }, 90_000);
}
