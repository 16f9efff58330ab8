/**
 * Guards and locks of executions that run at the same time: one holds what the other asks for, and the other way round.
 * A cycle in what is asked for while something is held proposes who may hang; the search then proves that they do, with
 * every guard and lock that keeps them apart. Steps with conditions are left out: they may never meet.
 */
import { applicationsOf, entitiesOf, type Catalog, type Entity } from './catalog.ts';
import { findHang, type Share, type Thread } from './prove-search.ts';
import { runsOf } from './prove-stages.ts';
import { threadOf, withoutBarriers } from './prove-threads.ts';

/** What can be started. */
type Started = Entity<'workflow'> | Entity<'pipeline'>;

export interface GuardHang {
  readonly started: readonly Started[];
  readonly lines: readonly string[];
}

interface Ask {
  readonly of: Started;
  readonly held: Share;
  readonly asked: Share;
}

/** More executions than these must not come together by chance before it is called a hang. */
const MAX_TOGETHER = 6;

const CERTAIN = { conditional: false };

export function findGuardHangs(catalog: Catalog): readonly GuardHang[] {
  const asks = applicationsOf(catalog)
    .flatMap(({ name }) => [...entitiesOf(catalog, 'workflow', name), ...entitiesOf(catalog, 'pipeline', name)])
    .flatMap((of) => asksOf(of, catalog));
  const found = new Map<string, GuardHang>();
  for (const cycle of cyclesOf(asks)) {
    const started = [...new Set(cycle.map(({ of }) => of))];
    const key = started
      .map(({ id }) => id)
      .toSorted()
      .join();
    if (found.has(key)) continue;
    const lines = prove(cycle, catalog);
    if (lines !== null) found.set(key, { started, lines });
  }
  const hangs: GuardHang[] = [];
  for (const hang of [...found.values()].toSorted((a, b) => a.started.length - b.started.length)) {
    // With more in between it is the same mistake.
    const isKnown = hangs.some(({ started }) => started.every((each) => hang.started.includes(each)));
    if (!isKnown) hangs.push(hang);
  }
  return hangs;
}

function threadFor(of: Started, catalog: Catalog, name = of.name): Thread {
  const execution = `${name}/execution`;
  if (of.kind === 'workflow') {
    return withoutBarriers(threadOf({ name, workflow: of, variables: {}, execution }, catalog, CERTAIN));
  }
  const moments = of.spec.stages.flatMap(({ members }) => {
    const runs = runsOf(of, catalog, members, CERTAIN).map((run) => threadOf({ ...run, execution }, catalog, CERTAIN));
    const all = runs.flatMap((run) => withoutBarriers(run).moments);
    if (runs.length <= 1) return all;
    // They go on side by side; of that, what they keep is all that is looked at here.
    return all.flatMap(({ waits }) => {
      const kept = waits.filter((wait) => wait.on === 'SHARE' && wait.until === execution);
      return kept.length === 0 ? [] : [{ within: [execution], waits: kept }];
    });
  });
  return { name, moments };
}

/** What is asked for while what else is held; of a pipeline, what only the pipeline goes on holding. */
function asksOf(of: Started, catalog: Catalog): readonly Ask[] {
  const shares = threadFor(of, catalog).moments.flatMap(({ within, waits }) =>
    waits.flatMap((wait) => (wait.on === 'SHARE' ? [{ within, wait }] : [])),
  );
  return shares.flatMap(({ within, wait: asked }, index) =>
    shares
      .slice(0, index)
      .filter(({ wait: { until } }) => until !== null && within.includes(until))
      .filter(({ wait: { until } }) => of.kind === 'workflow' || until === `${of.name}/execution`)
      .map(({ wait: held }) => ({ of, held, asked })),
  );
}

function cyclesOf(asks: readonly Ask[]): readonly (readonly Ask[])[] {
  const cycles: (readonly Ask[])[] = [];
  const follow = (path: readonly Ask[], start: string, last: string): void => {
    for (const next of asks) {
      if (next.held.key !== last) continue;
      const longer = [...path, next];
      const { key } = next.asked;
      if (key === start) cycles.push(longer);
      // Each cycle once, from its first key; through no key twice.
      else if (key > start && longer.length < MAX_TOGETHER && path.every(({ asked }) => asked.key !== key)) {
        follow(longer, start, key);
      }
    }
  };
  for (const start of new Set(asks.map(({ held }) => held.key))) follow([], start, start);
  return cycles;
}

/** As many executions of each as leave the one before it in the cycle no room. */
function prove(cycle: readonly Ask[], catalog: Catalog): readonly string[] | null {
  const counts = cycle.map(({ of, held }, index) => {
    const asking = cycle.at(index - 1)?.asked ?? held;
    return { of, count: Math.floor((held.capacity - asking.permits) / held.permits) + 1 };
  });
  if (counts.reduce((sum, { count }) => sum + count, 0) > MAX_TOGETHER) return null;
  const numbers = new Map<string, number>();
  const threads = counts.flatMap(({ of, count }) =>
    Array.from({ length: count }, () => {
      const number = (numbers.get(of.id) ?? 0) + 1;
      numbers.set(of.id, number);
      return threadFor(of, catalog, number === 1 ? of.name : `${of.name} (${number})`);
    }),
  );
  return findHang(threads);
}
