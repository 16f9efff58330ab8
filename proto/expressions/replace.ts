import { LIMITS } from './limits.ts';
import type { Match, Patterns } from './patterns.ts';
import { Problem } from './problem.ts';

interface Use {
  readonly at: number;
  readonly patterns: Patterns;
}

/** `replaceAll` and `replaceFirst`: Java's, with `$1` and `${name}` for groups and `\` before a literal `$`. */
export function replaceMatches(text: string, pattern: string, replacement: string, all: boolean, use: Use): string {
  const expand = parseReplacement(replacement, use.patterns.groupNames(pattern, use.at), use.at);
  let replaced = '';
  let copied = 0;
  use.patterns.forEachMatch(pattern, text, use.at, (match) => {
    replaced += text.slice(copied, match.start) + expand(match);
    copied = match.end;
    if (replaced.length > LIMITS.textBytes) {
      throw new Problem(`the text becomes longer than ${LIMITS.textBytes} bytes`, use.at);
    }
    return all;
  });
  return replaced + text.slice(copied);
}

function parseReplacement(
  replacement: string,
  names: Readonly<Record<string, number>>,
  at: number,
): (match: Match) => string {
  const pieces: (string | number)[] = [];
  const groupOf = (digits: string | undefined, name: string | undefined): number => {
    if (digits !== undefined) return Number(digits);
    const group = name !== undefined && Object.hasOwn(names, name) ? names[name] : undefined;
    if (group === undefined) throw new Problem(`the pattern has no group '${name ?? ''}'`, at);
    return group;
  };
  // An escaped character, a group by number or by name, or text up to the next of these.
  for (const [whole, escaped, digits, name] of replacement.matchAll(
    /\\([\s\S])|\$(\d)|\$\{([A-Za-z][A-Za-z0-9]*)\}|[^\\$]+|[\s\S]/g,
  )) {
    if (escaped !== undefined) pieces.push(escaped);
    else if (digits !== undefined || name !== undefined) pieces.push(groupOf(digits, name));
    else if (whole === '$') throw new Problem("'$' in a replacement names a group; write '\\$' for the sign", at);
    else pieces.push(whole);
  }
  return (match) => pieces.map((piece) => (typeof piece === 'string' ? piece : group(match, piece, at))).join('');
}

function group(match: Match, index: number, at: number): string {
  const found = match.groups[index];
  if (found === undefined) throw new Problem(`the pattern has no group ${index}`, at);
  return found ?? '';
}

/**
 * Java's `split`: empty texts at the end are dropped, a limit bounds the pieces. One single character is the separator
 * itself and no pattern, which is what people mean by `split('.')`.
 */
export function splitText(text: string, separator: string, limit: number, use: Use): readonly string[] {
  const pieces: string[] = [];
  let from = 0;
  const cut = (start: number, end: number): boolean => {
    // A match of nothing at the very beginning splits nothing off, and one of nothing at the end neither.
    if (end === 0 || (start === end && start >= text.length)) return true;
    pieces.push(text.slice(from, start));
    from = end;
    return limit <= 0 || pieces.length < limit - 1;
  };
  if (limit === 1) return [text];
  if (separator.length === 1) {
    for (let at = text.indexOf(separator); at !== -1; at = text.indexOf(separator, at + 1)) {
      if (!cut(at, at + 1)) break;
    }
  } else use.patterns.forEachMatch(separator, text, use.at, ({ start, end }) => cut(start, end));
  if (pieces.length === 0) return [text];
  pieces.push(text.slice(from));
  if (limit === 0) while (pieces.at(-1) === '') pieces.pop();
  return pieces;
}
