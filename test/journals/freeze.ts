/** `npx tsx test/journals/freeze.ts`: freezes every sample that is not frozen yet. What is frozen stays as it is. */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { journalCodec } from '../../control-plane/app/journal-codec.ts';
import type { JournalRecord } from '../../control-plane/ports/journal.ts';
import { createMemoryData, createMemoryStore } from '../support/memory-store/index.ts';
import type { Play } from '../support/play.ts';
import { directory, manifestFile, outcomeOf, readManifest, sha256, type FrozenJournal } from './frozen-journal.ts';
import { SAMPLES } from './samples.ts';

/** As a replica writes: an append holds every input that had waited. */
const INPUTS_PER_APPEND = 3;

async function journalOf(play: Play): Promise<FrozenJournal> {
  const data = createMemoryData();
  const codec = journalCodec(createMemoryStore({ data }).blobs);
  const records: JournalRecord[] = [];
  for (let from = 0; from < play.decisions.length; from += INPUTS_PER_APPEND) {
    const decisions = play.decisions.slice(from, from + INPUTS_PER_APPEND);
    const now = decisions.at(-1)?.events.at(-1)?.at ?? 0;
    const head = { executionId: play.execution.id, seq: records.length + 1, epoch: play.execution.epoch, now };
    records.push(await codec.encode(head, decisions));
  }
  const text = new TextDecoder();
  const blobs = Object.fromEntries([...data.blobs].map(([hash, bytes]) => [hash, text.decode(bytes)]));
  return { records, blobs, outcome: outcomeOf(play.execution) };
}

mkdirSync(directory, { recursive: true });
const known = readManifest();
for (const [name, play] of Object.entries(SAMPLES)) {
  if (known.has(name)) continue;
  const content = `${JSON.stringify(await journalOf(play()), null, 1)}\n`;
  writeFileSync(join(directory, `${name}.json`), content);
  appendFileSync(manifestFile, `${sha256(content)}  ${name}\n`);
  process.stdout.write(`froze ${name}\n`);
}
