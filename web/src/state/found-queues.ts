/** What a search of the queues finds: every word, in what is queued for or in who holds it or waits. */
import type { Queue, QueuePlace } from '../api/queues.ts';

export function findQueues(queues: readonly Queue[], text: string): readonly Queue[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return queues.filter((queue) => {
    const told = [queue.name, queue.unit, ...[...queue.holders, ...queue.waiting].map(wordsOf)].join(' ').toLowerCase();
    return words.every((word) => told.includes(word));
  });
}

const wordsOf = ({ executionId, execution }: QueuePlace): string =>
  [executionId, execution?.name, execution?.application, execution?.actor].join(' ');

export const keyOf = ({ kind, name, unit }: Queue): string => JSON.stringify([kind, name, unit]);
