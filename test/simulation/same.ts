/**
 * Would both be written as the same JSON, whatever the order of their keys? Asked after every append: nothing is made of
 * them, and what both share is not looked into.
 */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return isNothing(a) ? isNothing(b) : Number.isNaN(a) && Number.isNaN(b);
  }
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    for (let index = 0; index < a.length; index += 1) if (!same(a[index], b[index])) return false;
    return true;
  }
  return sameMembers(a as Members, b as Members);
}

type Members = Readonly<Record<string, unknown>>;

/** In a list, what is undefined is written as null. */
const isNothing = (value: unknown): boolean => value === undefined || value === null;

/** A member that is undefined is not written. */
function sameMembers(a: Members, b: Members): boolean {
  let more = 0;
  for (const key in a) {
    if (a[key] === undefined) continue;
    more += 1;
    if (b[key] === undefined || !same(a[key], b[key])) return false;
  }
  for (const key in b) if (b[key] !== undefined) more -= 1;
  return more === 0;
}
