/** The topics somebody looks at now, each once. */
import { canonicalJson } from '@fairlead/proto/model/json.ts';
import type { Json } from '@fairlead/proto/model/json.ts';
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { ListFilter } from '@fairlead/proto/live.ts';
import type { Clock, Scheduler } from '@fairlead/proto/model/system.ts';
import type { Logger } from 'pino';
import type { Actor } from '../../app/authorize.ts';
import type { UseCases } from '../../app/use-cases.ts';
import { executionSubject } from './execution-subject.ts';
import type { Feed } from './feed.ts';
import { listSubject } from './list-subject.ts';
import type { Subject } from './topic.ts';
import { Topic } from './topic.ts';
import { topicFeed } from './topic-feed.ts';

export class Topics {
  readonly #useCases: UseCases;
  readonly #system: { readonly clock: Clock; readonly scheduler: Scheduler };
  readonly #logger: Logger;
  readonly #open = new Map<string, Joinable>();

  constructor(useCases: UseCases, system: { readonly clock: Clock; readonly scheduler: Scheduler }, logger: Logger) {
    this.#useCases = useCases;
    this.#system = system;
    this.#logger = logger;
  }

  execution(id: ExecutionId, after: number | undefined, onReady: () => void): Feed {
    return this.#join(`execution ${id}`, () => executionSubject(this.#useCases, id), after, onReady);
  }

  list(actor: Actor, filter: ListFilter, limit: number, onReady: () => void): Feed {
    // Two actors may see different rows.
    const key = `list ${canonicalJson([actor.id, { ...filter } as Json, limit])}`;
    return this.#join(key, () => listSubject(this.#useCases, actor, filter, limit), undefined, onReady);
  }

  get size(): number {
    return this.#open.size;
  }

  #join<V, I>(key: string, subject: () => Subject<V, I>, after: number | undefined, onReady: () => void): Feed {
    let entry = this.#open.get(key);
    if (entry === undefined) {
      const topic = new Topic(subject(), this.#system, this.#logger);
      entry = {
        join: (since, ready, leave) => topicFeed(topic, since, ready, leave),
        leave: () => {
          if (topic.listeners > 0) return;
          topic.close();
          this.#open.delete(key);
        },
      };
      this.#open.set(key, entry);
    }
    return entry.join(after, onReady, entry.leave);
  }
}

interface Joinable {
  readonly join: (after: number | undefined, onReady: () => void, leave: () => void) => Feed;
  readonly leave: () => void;
}
