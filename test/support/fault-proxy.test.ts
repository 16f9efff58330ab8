import { describe, expect, it } from 'vitest';
import { withFaults, withRetries } from './fault-proxy.ts';
import { createMemoryData, createMemoryStore } from './memory-store/index.ts';
import type { StoreCall } from './memory-store/index.ts';

const record = (seq: number) => ({ executionId: 'e1', seq, epoch: 1, now: seq, body: `${seq}` });

describe('the fault proxy', () => {
  async function play(seed: number): Promise<{ outcomes: string[]; stored: number[]; played: object }> {
    const plain = createMemoryStore();
    const { store, played } = withFaults(plain, { seed });
    const outcomes: string[] = [];
    for (let seq = 1; seq <= 60; seq++) {
      outcomes.push(await store.journal.append(record(seq)).catch((error: Error) => error.message));
    }
    return { outcomes, stored: (await plain.journal.read('e1', 0)).map((each) => each.seq), played };
  }

  it('plays the same faults for the same seed, others for another', async () => {
    expect(await play(7)).toEqual(await play(7));
    expect((await play(7)).outcomes).not.toEqual((await play(8)).outcomes);
  });

  it('applies what it loses and does not apply what it refuses', async () => {
    const { outcomes, stored, played } = await play(7);
    const kinds = outcomes.map((outcome, index) => [outcome, stored.includes(index + 1)]);
    for (const [outcome, applied] of kinds) expect(applied).toBe(outcome !== 'journal.append was refused');
    const count = (text: string): number => outcomes.filter((outcome) => outcome.includes(text)).length;
    expect(played).toMatchObject({ lost: count('lost'), refused: count('refused') });
    expect(Math.min(...Object.values(played).map(Number))).toBeGreaterThan(0);
  });

  it('is overcome by a caller that retries', async () => {
    const plain = createMemoryStore();
    const faulty = withFaults(plain, { seed: 3, lost: 0.4, refused: 0.4 });
    const store = withRetries(faulty.store);
    for (let seq = 1; seq <= 30; seq++) expect(await store.journal.append(record(seq))).toBe('appended');
    expect(await plain.journal.read('e1', 0)).toHaveLength(30);
    expect(faulty.played.lost).toBeGreaterThan(5);
  });
});

describe('the hook of the store in memory', () => {
  it('owns every await, before and after the call is applied', async () => {
    const data = createMemoryData();
    const seen: StoreCall[] = [];
    let failing: string | null = null;
    const store = createMemoryStore({
      data,
      async hook(call) {
        seen.push(call);
        if (`${call.name} ${call.moment}` === failing) throw new Error(failing);
      },
    });
    failing = 'journal.append before';
    await expect(store.journal.append(record(1))).rejects.toThrow(failing);
    expect(await createMemoryStore({ data }).journal.read('e1', 0)).toEqual([]);
    failing = 'journal.append after';
    await expect(store.journal.append(record(1))).rejects.toThrow(failing);
    expect(await createMemoryStore({ data }).journal.read('e1', 0)).toEqual([record(1)]);
    failing = null;
    await store.heads.get('e1');
    expect(seen.map(({ name, moment }) => `${name} ${moment}`)).toEqual([
      'journal.append before',
      'journal.append before',
      'journal.append after',
      'heads.get before',
      'heads.get after',
    ]);
  });
});
