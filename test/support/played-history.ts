import { NO_CRASH } from '@fairlead/proto/model/crash-points.ts';
import { realSystem } from '../../control-plane/adapters/system/index.ts';
import { ENGINE } from '../../control-plane/app/engine.ts';
import { History } from '../../control-plane/app/history.ts';
import { journalCodec } from '../../control-plane/app/journal-codec.ts';
import { createMemoryStore } from './memory-store/index.ts';
import type { Play } from './play.ts';

/** The journals of what was played, one record a decision. */
export async function historyOf(...plays: readonly Play[]): Promise<History> {
  const { journal, blobs } = createMemoryStore();
  const codec = journalCodec(blobs);
  for (const { execution, decisions } of plays) {
    for (const [index, decision] of decisions.entries()) {
      const now = decision.events.at(-1)?.at ?? 0;
      const head = { executionId: execution.id, seq: index + 1, epoch: execution.epoch, now };
      await journal.append(await codec.encode(head, [decision]));
    }
  }
  return new History(journal, codec, ENGINE, realSystem.scheduler, NO_CRASH);
}
