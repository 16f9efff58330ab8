import { writeSync } from 'node:fs';
import { openSqliteStore } from '../../../control-plane/adapters/sqlite/store.ts';

/** The child of `durability.sqlite.test.ts`: appends for ever and prints `<execution> <seq>` once each is acknowledged. */
const store = await openSqliteStore({ directory: String(process.argv[2]) });

async function appendTo(executionId: string): Promise<void> {
  let seq = (await store.journal.lastSeqs([executionId])).get(executionId) ?? 0;
  for (;;) {
    seq++;
    const body = JSON.stringify({ executionId, seq, filler: 'x'.repeat(seq % 5000) });
    const answer = await store.journal.append({ executionId, seq, epoch: 1, now: seq, body });
    if (answer !== 'appended') throw new Error(`${executionId} ${seq}: ${answer}`);
    writeSync(1, `${executionId} ${seq}\n`);
  }
}

await Promise.all(['e1', 'e2', 'e3', 'e4'].map(appendTo));
