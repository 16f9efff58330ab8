import type { Random } from '@fairlead/proto/model/system.ts';

/** Chance in the words that scenarios use. */
export class Dice {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  fraction(): number {
    return this.#random.fraction();
  }

  chance(of: number): boolean {
    return this.fraction() < of;
  }

  upTo(most: number): number {
    return Math.floor(this.fraction() * most);
  }

  /** Both included. */
  between(least: number, most: number): number {
    return least + this.upTo(most - least + 1);
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[this.upTo(from.length)];
    if (picked === undefined) throw new Error('nothing to pick from');
    return picked;
  }

  /** Null unless the chance comes true. */
  perhaps<T>(of: number, make: () => T): T | null {
    return this.chance(of) ? make() : null;
  }
}
