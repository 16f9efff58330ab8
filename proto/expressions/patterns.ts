import { RE2JS, RE2JSException } from 're2js';
import { LIMITS } from './limits.ts';
import { Problem } from './problem.ts';

/** One match; a group that took no part is null. Group 0 is the whole. */
export interface Match {
  readonly start: number;
  readonly end: number;
  readonly groups: readonly (string | null)[];
}

/**
 * Regular expressions in linear time (RE2): what is searched may come from anywhere and must not be able to hang us.
 * RE2 has no lookaround and no back-references; using one is a clear failure. One per resolution, since searching for
 * all matches may look at the rest of the text once per match, and only a common budget bounds that.
 */
export interface Patterns {
  matchesWhole(pattern: string, text: string, at: number): boolean;
  /** One match after the other, until `use` answers false. */
  forEachMatch(pattern: string, text: string, at: number, use: (match: Match) => boolean): void;
  groupNames(pattern: string, at: number): Readonly<Record<string, number>>;
}

export function createPatterns(): Patterns {
  const compiled = new Map<string, RE2JS>();
  let scanned = 0;

  const compile = (pattern: string, at: number): RE2JS => {
    const known = compiled.get(pattern);
    if (known !== undefined) return known;
    if (pattern.length > LIMITS.pattern) {
      throw new Problem(`a regular expression may have ${LIMITS.pattern} characters`, at);
    }
    try {
      const made = RE2JS.compile(pattern);
      compiled.set(pattern, made);
      return made;
    } catch (error) {
      if (!(error instanceof RE2JSException)) throw error;
      // RE2's own message quotes the pattern, which may have been put together from values.
      throw new Problem('this is no regular expression (RE2 syntax: no lookaround, no back-references)', at);
    }
  };
  const scan = (characters: number, at: number): void => {
    scanned += characters;
    if (scanned > LIMITS.scannedCharacters) {
      throw new Problem(`regular expressions may look at ${LIMITS.scannedCharacters} characters`, at, { fatal: true });
    }
  };

  return {
    matchesWhole(pattern, text, at) {
      scan(text.length, at);
      return compile(pattern, at).matches(text);
    },
    forEachMatch(pattern, text, at, use) {
      const matcher = compile(pattern, at).matcher(text);
      // A pattern that repeats nothing looks no further than its own length; any other may look at all the rest.
      const repeats = /[*+{]/.test(pattern);
      let searchedFrom = 0;
      if (!repeats) scan(text.length, at);
      for (;;) {
        if (repeats) scan(text.length - searchedFrom, at);
        if (!matcher.find()) return;
        const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, group) => matcher.group(group));
        const match = { start: matcher.start(), end: matcher.end(), groups };
        searchedFrom = match.end;
        if (!use(match)) return;
      }
    },
    groupNames: (pattern, at) => compile(pattern, at).namedGroups(),
  };
}
