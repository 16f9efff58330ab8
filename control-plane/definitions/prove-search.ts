/**
 * Can those who run together all come to wait for each other? Every order in which they may go on is tried, so what is
 * found is a counter-example, and what is not found, where the search was not cut short, cannot happen.
 */

/** A barrier that everybody meets who has one of that name, or a part of something shared. */
export type Wait =
  | { readonly on: 'BARRIER'; readonly name: string }
  | {
      readonly on: 'SHARE';
      readonly key: string;
      readonly name: string;
      readonly permits: number;
      readonly capacity: number;
      /** Held while the thread is within that; null: for good. */
      readonly until: string | null;
    };
export type Share = Extract<Wait, { on: 'SHARE' }>;

/** What is waited for at once; the next moment comes when all of it is done. */
export interface Moment {
  readonly within: readonly string[];
  readonly waits: readonly Wait[];
}

/** A workflow run, as far as it waits for others. */
export interface Thread {
  readonly name: string;
  readonly moments: readonly Moment[];
}

interface Position {
  readonly moment: number;
  /** Of the waits of the moment. */
  readonly done: readonly boolean[];
}
type State = readonly Position[];

/** Definitions are applied by people who wait: beyond this, nothing is claimed. */
const MAX_STATES = 20_000;

/** Lines that draw how they hang, one for each who waits; null: they never do, or it would take too long to tell. */
export function findHang(threads: readonly Thread[]): readonly string[] | null {
  const open: State[] = [threads.map((thread) => settle(thread, { moment: 0, done: [] }))];
  const seen = new Set(open.map(keyOf));
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    const next = movesFrom(threads, state);
    if (next.length === 0 && state.some((position, index) => !isOver(threads[index], position))) {
      return draw(threads, state);
    }
    for (const each of next) {
      const key = keyOf(each);
      if (seen.has(key)) continue;
      if (seen.size >= MAX_STATES) return null;
      seen.add(key);
      open.push(each);
    }
  }
  return null;
}

const keyOf = (state: State): string =>
  state.map(({ moment, done }) => `${moment}:${done.map(Number).join('')}`).join();

const isOver = (thread: Thread | undefined, { moment }: Position): boolean => moment >= (thread?.moments.length ?? 0);

const momentAt = (thread: Thread, { moment }: Position): Moment | undefined => thread.moments[moment];

/** On to the next moment in which something is left to wait for. */
function settle(thread: Thread, position: Position): Position {
  const waits = momentAt(thread, position)?.waits;
  if (waits === undefined || waits.some((_, index) => position.done[index] !== true)) return position;
  return settle(thread, { moment: position.moment + 1, done: [] });
}

const pendingIn = (thread: Thread, position: Position): readonly { readonly wait: Wait; readonly index: number }[] =>
  (momentAt(thread, position)?.waits ?? []).flatMap((wait, index) =>
    position.done[index] === true ? [] : [{ wait, index }],
  );

function movesFrom(threads: readonly Thread[], state: State): readonly State[] {
  return threads.flatMap((thread, number) => {
    const position = state[number];
    if (position === undefined) return [];
    return pendingIn(thread, position).flatMap(({ wait, index }): readonly State[] => {
      if (wait.on === 'BARRIER') return allAt(threads, state, wait.name) ? [pass(threads, state, wait.name)] : [];
      if (takenOf(threads, state, wait.key) + wait.permits > wait.capacity) return [];
      return [state.map((each, at) => (at === number ? finish(thread, each, index) : each))];
    });
  });
}

function finish(thread: Thread, position: Position, index: number): Position {
  const count = momentAt(thread, position)?.waits.length ?? 0;
  const done = Array.from({ length: count }, (_, at) => at === index || position.done[at] === true);
  return settle(thread, { ...position, done });
}

const meetsAt = (moment: Moment | undefined, name: string): number =>
  moment?.waits.findIndex((wait) => wait.on === 'BARRIER' && wait.name === name) ?? -1;

const allAt = (threads: readonly Thread[], state: State, name: string): boolean =>
  threads.every((thread, number) => {
    const at = thread.moments.findIndex((moment) => meetsAt(moment, name) >= 0);
    return at < 0 || state[number]?.moment === at;
  });

const pass = (threads: readonly Thread[], state: State, name: string): State =>
  threads.map((thread, number) => {
    const position = state[number] ?? { moment: 0, done: [] };
    const index = meetsAt(momentAt(thread, position), name);
    return index < 0 ? position : finish(thread, position, index);
  });

function heldBy(thread: Thread, position: Position): readonly Share[] {
  const within = momentAt(thread, position)?.within ?? [];
  return thread.moments.slice(0, position.moment + 1).flatMap(({ waits }, moment) =>
    waits.filter((wait, index): wait is Share => {
      if (wait.on !== 'SHARE') return false;
      const has = moment < position.moment || position.done[index] === true;
      return has && (wait.until === null || within.includes(wait.until));
    }),
  );
}

const takenOf = (threads: readonly Thread[], state: State, key: string): number =>
  threads
    .flatMap((thread, number) => {
      const position = state[number];
      return position === undefined ? [] : heldBy(thread, position);
    })
    .filter((share) => share.key === key)
    .reduce((sum, { permits }) => sum + permits, 0);

function draw(threads: readonly Thread[], state: State): readonly string[] {
  const all = threads.flatMap((thread, number) => {
    const position = state[number];
    return position === undefined ? [] : [{ thread, position, waits: pendingIn(thread, position) }];
  });
  const met = new Set(
    all.flatMap(({ waits }) => waits.flatMap(({ wait }) => (wait.on === 'BARRIER' ? wait.name : []))),
  );
  const asked = new Set(all.flatMap(({ waits }) => waits.flatMap(({ wait }) => (wait.on === 'SHARE' ? wait.key : []))));
  return all.flatMap(({ thread, position, waits }) => {
    const held = heldBy(thread, position).filter((share) => asked.has(share.key));
    if (waits.length === 0 && held.length === 0) return [];
    const later = thread.moments
      .slice(position.moment + 1)
      .flatMap((moment) =>
        moment.waits.flatMap((wait) => (wait.on === 'BARRIER' && met.has(wait.name) ? wait.name : [])),
      );
    const what = waits.length === 0 ? 'has ended' : waits.map(({ wait }) => waitingText(wait)).join(' and ');
    const keeps = [
      ...(held.length === 0 ? [] : [`holds ${held.map(shareText).join(' and ')}`]),
      ...(later.length === 0 ? [] : [`comes to ${later.map((name) => `'${name}'`).join(' and ')} after it`]),
    ];
    return [`${thread.name}: ${what}${keeps.length === 0 ? '' : ` (${keeps.join('; ')})`}`];
  });
}

const shareText = ({ name, permits, capacity }: Share): string =>
  capacity === 1 ? name : `${permits} of ${capacity} of ${name}`;

const waitingText = (wait: Wait): string =>
  wait.on === 'BARRIER' ? `waits at '${wait.name}'` : `waits for ${shareText(wait)}`;
