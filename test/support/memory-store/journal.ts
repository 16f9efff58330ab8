import type { Journal } from '../../../control-plane/ports/journal.ts';
import { checkRecord } from '../../../control-plane/ports/limits.ts';
import type { Through } from './call.ts';
import type { MemoryData } from './data.ts';

export function createJournal({ journals }: MemoryData, through: Through): Journal {
  return {
    append: (record) =>
      through('journal.append', () => {
        checkRecord(record);
        const records = journals.get(record.executionId) ?? [];
        journals.set(record.executionId, records);
        const last = records.at(-1);
        if (last === undefined || last.seq < record.seq) {
          records.push({ ...record });
          return 'appended';
        }
        const standing = records.find((each) => each.seq === record.seq);
        if (standing === undefined) throw new Error(`bug: a gap before ${record.executionId}:${record.seq}`);
        const same = standing.body === record.body && standing.epoch === record.epoch && standing.now === record.now;
        return same ? 'appended' : 'conflict';
      }),
    read: (executionId, after, limit) =>
      through('journal.read', () => {
        const records = (journals.get(executionId) ?? []).filter((each) => each.seq > after);
        return limit === undefined ? records : records.slice(0, limit);
      }),
    lastSeqs: (executionIds) =>
      through('journal.lastSeqs', () => new Map(executionIds.map((id) => [id, journals.get(id)?.at(-1)?.seq ?? 0]))),
  };
}
