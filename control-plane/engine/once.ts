/**
 * Nodes never change, so what is derived from one is derived once: an event makes one path of the tree anew. It is kept in
 * the node itself, in a private field, which no copy, comparison or JSON of the node has. In a map of weak keys beside it
 * most of a decision's time went into looking it up and into clearing up after it.
 */
let derivations = 0;

/** `context`: what the value depends on besides, and what never differs for the same node. */
export function once<N extends object, V extends object | number, C extends readonly unknown[] = []>(
  derive: (node: N, ...context: C) => V,
): (node: N, ...context: C) => V {
  const at = derivations;
  derivations += 1;
  return (node, ...context) => {
    const known = Derived.of(node);
    const found = known[at];
    // What stands at this place was put there below.
    if (found !== undefined) return found as V;
    const value = derive(node, ...context);
    known[at] = value;
    return value;
  };
}

/** A base class that gives its heir somebody else's object to put its field into. */
class Given {
  constructor(node: object) {
    return node;
  }
}

class Derived extends Given {
  readonly #values: unknown[] = [];

  static of(node: object): unknown[] {
    return #values in node ? node.#values : new Derived(node).#values;
  }
}
