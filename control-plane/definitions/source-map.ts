import type { Path, Position } from './problem.ts';

interface Place {
  readonly value: Position;
  /** Of the name before the colon, or of the value where there is none. */
  readonly key: Position;
  readonly children: Map<string | number, Place>;
}

/** Where the parts of one document stand in its text. */
export class SourceMap {
  readonly #root: Place;
  constructor(position: Position) {
    this.#root = { value: position, key: position, children: new Map() };
  }

  add(path: Path, value: Position, key: Position): void {
    let place = this.#root;
    for (const part of path.slice(0, -1)) place = place.children.get(part) ?? place;
    const last = path.at(-1);
    if (last !== undefined) place.children.set(last, { value, key, children: new Map() });
  }

  has(path: Path): boolean {
    let place: Place | undefined = this.#root;
    for (const part of path) place = place?.children.get(part);
    return place !== undefined;
  }

  /**
   * The best place for a path of the long form in what was written: a short form has fewer levels, and what stands
   * beside a step's key is inside it in the long form.
   */
  find(path: Path, at: 'key' | 'value' = 'value'): Position {
    let place = this.#root;
    let above = place;
    let complete = true;
    for (const part of path) {
      const next: Place | undefined = place.children.get(part) ?? above.children.get(part);
      complete = next !== undefined;
      if (next === undefined) continue;
      above = place;
      place = next;
    }
    return complete && at === 'value' ? place.value : place.key;
  }
}
