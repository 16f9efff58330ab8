/** What is found in each of them, in their order. Mostly in one at most, and then nothing is copied. */
export function gather<N, V>(nodes: readonly N[], find: (node: N) => readonly V[]): readonly V[] {
  let found: readonly V[] = [];
  let copy: V[] | null = null;
  for (const node of nodes) {
    const more = find(node);
    if (more.length === 0) continue;
    if (found.length === 0) {
      found = more;
      continue;
    }
    copy ??= [...found];
    for (const each of more) copy.push(each);
  }
  return copy ?? found;
}
