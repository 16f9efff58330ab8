/** Agents in the order in which they should be given tasks, kept up to date so that no choice has to ask all of them. */

export interface Standing {
  readonly selectors: readonly string[];
  readonly load: number;
  readonly capacity: number;
}

/** With more tasks than this nobody counts any longer: what agents say of themselves must not make us walk for ever. */
const MOST_LEVELS = 1_000;

/** The ones with the fewest tasks first; among equals, whose turn was longest ago; those with no room last. */
class Pool<T> {
  readonly #levels: Set<T>[] = [];
  readonly #full = new Set<T>();
  readonly #levelOf = new Map<T, Set<T>>();

  get size(): number {
    return this.#levelOf.size;
  }

  put(item: T, { load, capacity }: Standing): void {
    const level = load >= capacity ? this.#full : this.#level(Math.min(load, MOST_LEVELS));
    if (this.#levelOf.get(item) === level) return;
    this.remove(item);
    level.add(item);
    this.#levelOf.set(item, level);
  }

  remove(item: T): void {
    this.#levelOf.get(item)?.delete(item);
    this.#levelOf.delete(item);
  }

  hadItsTurn(item: T): void {
    const level = this.#levelOf.get(item);
    if (level?.delete(item) === true) level.add(item);
  }

  *[Symbol.iterator](): Generator<T> {
    for (const level of this.#levels) yield* level;
    yield* this.#full;
  }

  #level(load: number): Set<T> {
    while (this.#levels.length < load) this.#levels.push(new Set());
    return (this.#levels[load] ??= new Set());
  }
}

export class AgentPools<T> {
  readonly #everybody = new Pool<T>();
  readonly #bySelector = new Map<string, Pool<T>>();
  readonly #standings = new Map<T, Standing>();

  /** It may be given tasks, and has so many. */
  place(item: T, standing: Standing): void {
    const before = this.#standings.get(item);
    if (before !== undefined && !isSame(before.selectors, standing.selectors)) this.withdraw(item);
    this.#standings.set(item, standing);
    for (const pool of this.#poolsOf(standing)) pool.put(item, standing);
  }

  withdraw(item: T): void {
    const standing = this.#standings.get(item);
    if (standing === undefined) return;
    this.#standings.delete(item);
    for (const pool of this.#poolsOf(standing)) pool.remove(item);
    for (const selector of standing.selectors) {
      if (this.#bySelector.get(selector)?.size === 0) this.#bySelector.delete(selector);
    }
  }

  /** At least all who carry these selectors, in their order. */
  inOrder(selectors: readonly string[]): Iterable<T> {
    let fewest = this.#everybody;
    for (const selector of selectors) {
      const pool = this.#bySelector.get(selector);
      if (pool === undefined) return [];
      if (pool.size < fewest.size) fewest = pool;
    }
    return fewest;
  }

  hadItsTurn(item: T): void {
    const standing = this.#standings.get(item);
    if (standing !== undefined) for (const pool of this.#poolsOf(standing)) pool.hadItsTurn(item);
  }

  #poolsOf({ selectors }: Standing): readonly Pool<T>[] {
    return [this.#everybody, ...selectors.map((selector) => this.#poolOf(selector))];
  }

  #poolOf(selector: string): Pool<T> {
    const known = this.#bySelector.get(selector);
    if (known !== undefined) return known;
    const pool = new Pool<T>();
    this.#bySelector.set(selector, pool);
    return pool;
  }
}

const isSame = (some: readonly string[], others: readonly string[]): boolean =>
  some === others || (some.length === others.length && some.every((each, index) => each === others[index]));
