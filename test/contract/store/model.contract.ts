import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JournalRecord } from '../../../control-plane/ports/journal.ts';
import type { Store } from '../../../control-plane/ports/store.ts';
import { compareText } from '../../../control-plane/ports/order.ts';
import { freshStores } from './fresh-stores.ts';
import type { StoreUnderTest } from './store-under-test.ts';

const ids = fc.constantFrom('a', 'b', 'é/1');
const bodies = fc.constantFrom({ n: 1 }, { n: 2 }, { n: 1, 'm.$': ['x'] });
const versions = fc.integer({ min: 0, max: 4 });

type DocumentAct =
  | { readonly act: 'insert'; readonly id: string; readonly body: { n: number } }
  | { readonly act: 'replace'; readonly id: string; readonly expected: number; readonly body: { n: number } }
  | { readonly act: 'remove'; readonly id: string; readonly expected: number }
  | { readonly act: 'list'; readonly after: string };

const documentActs: fc.Arbitrary<DocumentAct> = fc.oneof(
  fc.record({ act: fc.constant('insert' as const), id: ids, body: bodies }),
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constant('replace' as const), id: ids, expected: versions, body: bodies }),
  },
  fc.record({ act: fc.constant('remove' as const), id: ids, expected: versions }),
  fc.record({ act: fc.constant('list' as const), after: ids }),
);

type JournalAct =
  | { readonly act: 'append'; readonly id: string; readonly back: number; readonly epoch: number }
  | { readonly act: 'read'; readonly id: string; readonly after: number; readonly limit: number };

const journalActs: fc.Arbitrary<JournalAct> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant('append' as const),
      id: ids,
      back: fc.integer({ min: 0, max: 2 }),
      epoch: fc.integer({ min: 1, max: 2 }),
    }),
  },
  fc.record({
    act: fc.constant('read' as const),
    id: ids,
    after: fc.integer({ min: 0, max: 6 }),
    limit: fc.integer({ min: 1, max: 4 }),
  }),
);

/** The stores against models of a few lines, over the histories that fast-check can think of. */
export function modelContract(under: StoreUnderTest, runs = 40): void {
  describe('against a model', () => {
    const { one, other } = freshStores(under);
    const options = { numRuns: runs, endOnFailure: false };
    let run = 0;

    it('documents behave as a map with versions', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(documentActs, { minLength: 1, maxLength: 25 }), async (acts) => {
          const prefix = `run${run++}/`;
          const model = new Map<string, { version: number; body: string }>();
          for (const [index, act] of acts.entries()) {
            const store = index % 2 === 0 ? one() : other();
            expect(await playDocument(store, prefix, act, under.losesAnswers === true)).toEqual(
              modelDocument(model, prefix, act, under.losesAnswers === true),
            );
          }
        }),
        options,
      );
    });

    it('journals behave as lists', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(journalActs, { minLength: 1, maxLength: 25 }), async (acts) => {
          const prefix = `run${run++}/`;
          const model = new Map<string, JournalRecord[]>();
          for (const [index, act] of acts.entries()) {
            const { journal } = index % 2 === 0 ? one() : other();
            const records = model.get(act.id) ?? [];
            model.set(act.id, records);
            if (act.act === 'read') {
              const expected = records.slice(act.after, act.after + act.limit);
              expect(await journal.read(prefix + act.id, act.after, act.limit)).toEqual(expected);
              continue;
            }
            const seq = Math.max(1, records.length + 1 - act.back);
            const record = { executionId: prefix + act.id, seq, epoch: act.epoch, now: seq, body: `"${seq}"` };
            const standing = records[seq - 1];
            if (standing === undefined) records.push(record);
            const expected = standing === undefined || standing.epoch === act.epoch ? 'appended' : 'conflict';
            expect(await journal.append(record)).toBe(expected);
            expect((await journal.lastSeqs([prefix + act.id])).get(prefix + act.id)).toBe(records.length);
          }
        }),
        options,
      );
    });
  });
}

async function playDocument(store: Store, prefix: string, act: DocumentAct, blurred: boolean): Promise<unknown> {
  const { documents } = store;
  switch (act.act) {
    case 'insert':
      return documents.insert('locks', prefix + act.id, act.body);
    case 'replace':
      return documents.replace('locks', prefix + act.id, act.expected, act.body);
    case 'remove': {
      const removed = await documents.remove('locks', prefix + act.id, act.expected);
      return blurred ? documents.get('locks', prefix + act.id) : removed;
    }
    case 'list':
      return documents.list('locks', { prefix, after: prefix + act.after });
  }
}

function modelDocument(
  model: Map<string, { version: number; body: string }>,
  prefix: string,
  act: DocumentAct,
  blurred: boolean,
): unknown {
  const parse = (id: string, { version, body }: { version: number; body: string }): unknown => ({
    id: prefix + id,
    version,
    body: JSON.parse(body),
  });
  if (act.act === 'list') {
    return [...model]
      .filter(([id]) => compareText(id, act.after) > 0)
      .toSorted(([left], [right]) => compareText(left, right))
      .map(([id, stored]) => parse(id, stored));
  }
  const standing = model.get(act.id);
  if (act.act === 'remove') {
    const removed = standing?.version === act.expected && model.delete(act.id);
    const left = model.get(act.id);
    return blurred ? (left === undefined ? null : parse(act.id, left)) : removed;
  }
  const body = JSON.stringify(act.body);
  const expected = act.act === 'insert' ? 0 : act.expected;
  if ((act.act === 'insert' && standing === undefined) || (act.act === 'replace' && standing?.version === expected)) {
    model.set(act.id, { version: expected + 1, body });
    return true;
  }
  return standing?.version === expected + 1 && standing.body === body;
}
