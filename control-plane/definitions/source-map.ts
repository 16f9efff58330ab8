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

  /** Where the value at the path stands, or its key; where there is none, what it is missing from. */
  find(path: Path, at: 'key' | 'value' = 'value'): Position {
    return this.locate(path, at).position;
  }

  /**
   * The best place for a path of the long form in what was written: a short form has fewer levels, and what stands
   * beside a step's key is inside it in the long form. `path` is the path as it was written.
   */
  locate(path: Path, at: 'key' | 'value' = 'value'): { readonly position: Position; readonly path: Path } {
    let place = this.#root;
    let above: Place | undefined;
    let written: Path = [];
    let complete = true;
    for (const part of path) {
      const below = place.children.get(part);
      const beside = below === undefined ? above?.children.get(part) : undefined;
      complete = below !== undefined || beside !== undefined;
      if (below !== undefined) {
        above = place;
        place = below;
        written = [...written, part];
      } else if (beside !== undefined) {
        place = beside;
        written = [...written.slice(0, -1), part];
      }
    }
    return { position: complete && at === 'value' ? place.value : place.key, path: written };
  }
}
