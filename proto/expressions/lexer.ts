import { Problem } from './problem.ts';

export type Token =
  | { readonly kind: 'name'; readonly text: string; readonly at: number; readonly end: number }
  | { readonly kind: 'number'; readonly value: number; readonly at: number; readonly end: number }
  | { readonly kind: 'quote'; readonly text: `'` | '"'; readonly at: number; readonly end: number }
  | { readonly kind: 'sign'; readonly text: string; readonly at: number; readonly end: number }
  | { readonly kind: 'end'; readonly at: number; readonly end: number };

// Longest first. `${` opens an expression inside an expression.
const SIGNS = [
  '${', '==', '!=', '<=', '>=', '=~', '!~', '=^', '&&', '||', // prettier-ignore
  '(', ')', '[', ']', '{', '}', '.', ',', '<', '>', '!', '+', '-', '*', '/', '%', '?', ':',
] as const; // prettier-ignore

const SPACE = /\s*/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /\d+(?:\.\d+)?/y;

/**
 * The token at an offset, on demand: an expression ends at its `}` and what comes after it is any text, so nothing may
 * be read ahead of what the parser asks for. A quote is only announced; the parser reads what is quoted.
 */
export function readToken(text: string, from: number): Token {
  const at = skipSpace(text, from);
  if (at >= text.length) return { kind: 'end', at, end: at };
  const name = match(NAME, text, at);
  if (name !== null) return { kind: 'name', text: name, at, end: at + name.length };
  const number = match(NUMBER, text, at);
  if (number !== null) return { kind: 'number', value: Number(number), at, end: at + number.length };
  const character = text[at];
  if (character === "'" || character === '"') return { kind: 'quote', text: character, at, end: at + 1 };
  for (const sign of SIGNS) {
    if (text.startsWith(sign, at)) return { kind: 'sign', text: sign, at, end: at + sign.length };
  }
  if (character === '=') throw new Problem("'=' does not compare; write '=='", at);
  if (character === '&' || character === '|') throw new Problem(`write '${character}${character}'`, at);
  throw new Problem(`'${String.fromCodePoint(text.codePointAt(at) ?? 0)}' has no meaning in an expression`, at);
}

export function skipSpace(text: string, from: number): number {
  SPACE.lastIndex = from;
  return from + (SPACE.exec(text)?.[0].length ?? 0);
}

/** The name at an offset, or null. */
export const readName = (text: string, at: number): string | null => match(NAME, text, at);

function match(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}
