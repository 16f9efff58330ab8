/** Nodes never change, so what is derived from one is derived once: an event makes one path of the tree anew. */
export function once<N extends object, V>(derive: (node: N) => V): (node: N) => V {
  const known = new WeakMap<N, { readonly value: V }>();
  return (node) => {
    let found = known.get(node);
    if (found === undefined) {
      found = { value: derive(node) };
      known.set(node, found);
    }
    return found.value;
  };
}
