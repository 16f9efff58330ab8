import type { Failure } from '../model/failure.ts';
import type { BrokenPart, ExpressionPart, Part } from './ast.ts';
import { readName, skipSpace } from './lexer.ts';
import { isTooLong, LIMITS } from './limits.ts';
import { checkNesting, parseExpression, type ReadQuoted } from './parser.ts';
import { attempt, Problem, problemFailure } from './problem.ts';

export interface Template {
  readonly text: string;
  readonly parts: readonly Part[];
  /**
   * A limit that was reached, and each `${name.` or `${name(` that cannot be read. The latter count only where the name
   * is known: `${VAR:-x}` and the like belong to the shell and are no problem at all.
   */
  readonly problems: readonly Failure[];
  /** The text cannot be read at all; `parts` is then the text as it stands. */
  readonly fatal: Problem | null;
}

type Quote = `'` | '"';
interface Scanned {
  readonly parts: readonly Part[];
  readonly end: number;
}

/**
 * Read texts, since a script is resolved anew for each of a thousand hosts. A cache only: it holds nothing but what the
 * same text would be read as again, and drops the one that was read first when it is full.
 */
const cache = new Map<string, Template>();
const CACHED_TEXTS = 200;
const CACHED_LENGTH = 20_000;

/** Literal text and expressions. Never throws, whatever the text. */
export function parseTemplate(text: string): Template {
  if (text.length > CACHED_LENGTH) return read(text);
  const known = cache.get(text);
  if (known !== undefined) return known;
  const template = read(text);
  if (cache.size >= CACHED_TEXTS) {
    const [oldest] = cache.keys();
    if (oldest !== undefined) cache.delete(oldest);
  }
  cache.set(text, template);
  return template;
}

function read(text: string): Template {
  const outcome = attempt(() => {
    if (isTooLong(text)) throw new Problem(`the text is over ${LIMITS.textBytes} bytes`, 0, { fatal: true });
    return templateReader(text).readText();
  });
  if ('problem' in outcome) {
    const { problem } = outcome;
    return { text, parts: text === '' ? [] : [text], problems: [problemFailure(problem, text)], fatal: problem };
  }
  const problems = outcome.value
    .flatMap((part) => (typeof part !== 'string' && part.kind === 'broken' && part.root !== null ? [part.problem] : []))
    .slice(0, LIMITS.failures)
    .map((problem) => problemFailure(problem, text));
  return { text, parts: outcome.value, problems, fatal: null };
}

/**
 * One text's reader. It tries each `${` once and remembers the outcome: text that is read in a second way, after the
 * first came to nothing, must not be parsed again, or nested nonsense would take exponential time.
 */
export function templateReader(text: string): { readText(): readonly Part[]; readonly readQuoted: ReadQuoted } {
  const tried = new Map<number, ExpressionPart | BrokenPart>();

  const readExpression = (at: number, depth: number): ExpressionPart | BrokenPart => {
    checkNesting(depth, at);
    const known = tried.get(at);
    if (known !== undefined) return known;
    if (tried.size >= LIMITS.expressions) {
      throw new Problem(`a text may hold ${LIMITS.expressions} expressions`, at, { fatal: true });
    }
    const parsed = attempt(() => parseExpression(text, at + 2, depth, '}', readQuoted));
    if ('problem' in parsed) {
      if (parsed.problem.options.fatal === true) throw parsed.problem;
      const broken: BrokenPart = { kind: 'broken', at, problem: parsed.problem, root: claimedRoot(text, at + 2) };
      tried.set(at, broken);
      return broken;
    }
    const { node, end } = parsed.value;
    const inner = scanPlain(at + 2, end, depth + 1);
    const part: ExpressionPart = { kind: 'expression', at, node, source: text.slice(at, end), inner };
    tried.set(at, part);
    return part;
  };

  const scanPlain = (from: number, until: number, depth: number): readonly Part[] => {
    const parts = partList();
    for (let at = from; at < until;) {
      const opening = text.indexOf('${', at);
      if (opening === -1 || opening >= until) {
        parts.addText(text.slice(at, until));
        break;
      }
      parts.addText(text.slice(at, opening));
      at = opening + parts.add(readExpression(opening, depth));
    }
    return parts.parts;
  };

  const readQuoted = (from: number, quote: Quote, depth: number): Scanned => {
    checkNesting(depth, from);
    const parts = partList();
    for (let at = from; ;) {
      const character = text[at];
      if (character === undefined) throw new Problem(`the quote ${quote} is never closed`, from - 1);
      if (character === quote) return { parts: parts.parts, end: at + 1 };
      if (character === '\\') {
        const [cooked, length] = readEscape(text, at);
        parts.addText(cooked);
        at += length;
      } else if (text.startsWith('${', at)) at += parts.add(readExpression(at, depth));
      else {
        parts.addText(character);
        at += 1;
      }
    }
  };

  const lastQuote = { "'": text.lastIndexOf("'"), '"': text.lastIndexOf('"') };
  const readQuotedOnce: ReadQuoted = (from, quote, depth) => {
    // Without this look ahead, many unclosed quotes would each be followed to the end of the text.
    if (lastQuote[quote] < from) throw new Problem(`the quote ${quote} is never closed`, from - 1);
    return readQuoted(from, quote, depth);
  };

  return { readText: () => scanPlain(0, text.length, 0), readQuoted: readQuotedOnce };
}

/** Collects parts so that no two texts stand side by side. `add` answers how many characters the part stands for. */
function partList(): { readonly parts: Part[]; addText(text: string): void; add(part: Exclude<Part, string>): number } {
  const parts: Part[] = [];
  return {
    parts,
    addText(text) {
      const last = parts.at(-1);
      if (text === '') return;
      if (typeof last === 'string') parts[parts.length - 1] = last + text;
      else parts.push(text);
    },
    add(part) {
      parts.push(part);
      return part.kind === 'expression' ? part.source.length : 2;
    },
  };
}

/**
 * `\\`, a quote, `\n`, `\r`, `\t` and `\${`. A backslash before anything else stays, so that `'\d+'` is a pattern
 * without doubling.
 */
function readEscape(text: string, at: number): readonly [cooked: string, length: number] {
  const next = text[at + 1];
  if (next === undefined) return ['\\', 1];
  if (next === '\\' || next === "'" || next === '"') return [next, 2];
  if (next === '$' && text[at + 2] === '{') return ['${', 3];
  if (next === 'n') return ['\n', 2];
  if (next === 'r') return ['\r', 2];
  if (next === 't') return ['\t', 2];
  return ['\\', 1];
}

/** The name that an unreadable `${` goes on with, if it looks like one of ours and not like the shell's. */
function claimedRoot(text: string, from: number): string | null {
  const at = skipSpace(text, from);
  const name = readName(text, at);
  if (name === null) return null;
  const next = skipSpace(text, at + name.length);
  if (text[next] === '(') return name;
  return text[next] === '.' && readName(text, skipSpace(text, next + 1)) !== null ? name : null;
}
