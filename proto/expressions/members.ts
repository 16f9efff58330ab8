import { list, openFound, type Evaluation } from './evaluation.ts';
import { nearestName } from './names.ts';
import { Problem } from './problem.ts';
import { findMember, isClosed, memberNames, type MergedFamily } from './scope.ts';
import type { Value } from './value.ts';

/** In an open family an unknown member is only not resolved: a text then stays as it stands. */
export function memberOfFamily(family: MergedFamily, label: string, name: string, at: number, of: Evaluation): Value {
  const found = findMember(family, name);
  if (found.found !== 'nothing') return openFound(found, `${label}.${name}`, at, of);
  const problem = unknownMember(label, name, memberNames(family), at);
  if (isClosed(family)) throw problem;
  throw new Problem(problem.message, at, { ...problem.options, unresolved: true });
}

export function unknownMember(label: string, name: string, existing: readonly string[], at: number): Problem {
  const sorted = existing.toSorted();
  return new Problem(`${label} has no '${name}'${suggest(name, sorted)}; it has ${list(sorted)}`, at, {
    existing: sorted,
  });
}

export function suggest(name: string, existing: readonly string[]): string {
  const nearest = nearestName(name, existing);
  return nearest === null ? '' : ` (did you mean '${nearest}'?)`;
}
