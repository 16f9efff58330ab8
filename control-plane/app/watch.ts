import { executionOf } from '@fairlead/proto/model/ids.ts';
import type { Scheduler } from '@fairlead/proto/model/system.ts';
import type { Replica } from './replica.ts';
import type { UseCases } from './use-cases.ts';

type Topic = Parameters<UseCases['watch']>[0];

/** A doorbell may be lost: look anyway. Milliseconds. */
const LOOK_MS = 1_000;

/** Calls back whenever what is watched may have changed, and once a second all the same. */
export function watch(replica: Replica, scheduler: Scheduler, topic: Topic, onChange: () => void): () => void {
  let over = false;
  let timer = scheduler.after(LOOK_MS, look);
  function look(): void {
    if (over) return;
    timer = scheduler.after(LOOK_MS, look);
    onChange();
  }
  const ends = [
    () => timer.cancel(),
    'attemptId' in topic
      ? replica.watchLogs((attemptId) => attemptId === topic.attemptId && onChange())
      : replica.publisher.watch((id) => ('list' in topic || topic.executionId === executionOf(id)) && onChange()),
  ];
  return () => {
    over = true;
    for (const end of ends) end();
  };
}
