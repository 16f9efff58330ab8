import { expect, test } from 'vitest';
import { Slots } from './slots.ts';

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('lets so many in at once, in the order they came', async () => {
  const slots = new Slots(2);
  const order: number[] = [];
  const releases: (() => void)[] = [];
  for (const each of [1, 2, 3, 4]) {
    void slots.take().then((release) => {
      order.push(each);
      releases.push(release);
    });
  }
  await soon();
  expect(order).toEqual([1, 2]);
  releases[0]?.();
  releases[0]?.();
  await soon();
  expect(order).toEqual([1, 2, 3]);
  releases[1]?.();
  await soon();
  expect(order).toEqual([1, 2, 3, 4]);
});

test('one that gives up while it waits takes nothing away from the others', async () => {
  const slots = new Slots(1);
  const first = await slots.take();
  const leaving = new AbortController();
  const gone = slots.take(leaving.signal);
  let third = false;
  const waiting = slots.take().then((release) => {
    third = true;
    return release;
  });
  leaving.abort();
  (await gone)();
  await soon();
  expect(third).toBe(false);
  first();
  (await waiting)();
  (await slots.take())();
});
