import type { Feed } from './feed.ts';
import type { Topic } from './topic.ts';

/** A subscriber of a topic. `after`: the journal sequence it already has. */
export function topicFeed<V, I>(
  topic: Topic<V, I>,
  after: number | undefined,
  onReady: () => void,
  leave: () => void,
): Feed {
  let position: number | null = null;
  const unlisten = topic.listen(onReady);
  if (topic.ready) onReady();
  return {
    next() {
      if (!topic.ready) return null;
      position ??= after === undefined ? 0 : topic.positionOf(after);
      const step = topic.since(position);
      if (step === null) return null;
      position = step.position;
      return step.frame;
    },
    end() {
      unlisten();
      leave();
    },
  };
}
