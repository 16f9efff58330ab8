import type { BinaryOperator, Node, Part } from './ast.ts';
import { LIMITS } from './limits.ts';
import { readToken, type Token } from './lexer.ts';
import { Problem } from './problem.ts';

/**
 * Reads what is quoted, from just after the opening quote. Given to the parser because quoted text is a template again,
 * and only the reader of templates knows what it has already tried to read.
 */
export type ReadQuoted = (
  from: number,
  quote: `'` | '"',
  depth: number,
) => { readonly parts: readonly Part[]; readonly end: number };

export interface Parsed {
  readonly node: Node;
  /** Just after the last character of the expression. */
  readonly end: number;
}

const WORD_OPERATORS: Readonly<Record<string, BinaryOperator>> = {
  or: '||',
  and: '&&',
  eq: '==',
  ne: '!=',
  lt: '<',
  gt: '>',
  le: '<=',
  ge: '>=',
  div: '/',
  mod: '%',
};

/** Loosest first. */
const LEVELS: readonly (readonly BinaryOperator[])[] = [
  ['||'],
  ['&&'],
  ['==', '!=', '=~', '!~', '=^'],
  ['<', '>', '<=', '>='],
  ['+', '-'],
  ['*', '/', '%'],
];
const UNARY = LEVELS.length;

const FORBIDDEN_WORDS = ['new', 'var', 'return'];

/** The expression that begins at `from` and ends with `closing`: the `}` of a text, or the end of a condition. */
export function parseExpression(
  text: string,
  from: number,
  depth: number,
  closing: '}' | 'end',
  readQuoted: ReadQuoted,
): Parsed {
  let token = readToken(text, from);
  let nodes = 0;

  const advance = (): Token => {
    const current = token;
    token = readToken(text, current.end);
    return current;
  };
  const isSign = (sign: string): boolean => token.kind === 'sign' && token.text === sign;
  const expect = (sign: string): void => {
    if (!isSign(sign)) throw new Problem(`expected '${sign}' but found ${describe(token)}`, token.at);
    advance();
  };
  const counted = (node: Node): Node => {
    nodes += 1;
    if (nodes > LIMITS.nodes) throw new Problem(`an expression may have ${LIMITS.nodes} parts`, node.at, FATAL);
    return node;
  };

  const operatorAt = (level: number): BinaryOperator | null => {
    const text = token.kind === 'name' ? WORD_OPERATORS[token.text] : token.kind === 'sign' ? token.text : null;
    return LEVELS[level]?.find((operator) => operator === text) ?? null;
  };

  const parseLevel = (level: number, nested: number): Node => {
    if (level === UNARY) return parseUnary(nested);
    let left = parseLevel(level + 1, nested);
    for (let operator = operatorAt(level); operator !== null; operator = operatorAt(level)) {
      const { at } = advance();
      left = counted({ kind: 'binary', at, operator, left, right: parseLevel(level + 1, nested) });
    }
    return left;
  };

  const parseUnary = (nested: number): Node => {
    checkNesting(nested, token.at);
    const { at } = token;
    if (isSign('!') || isSign('-') || (token.kind === 'name' && token.text === 'not')) {
      const operator = isSign('-') ? '-' : '!';
      advance();
      return counted({ kind: 'unary', at, operator, operand: parseUnary(nested + 1) });
    }
    if (token.kind === 'name' && (token.text === 'empty' || token.text === 'size')) {
      const operator = token.text;
      advance();
      return counted({ kind: 'unary', at, operator, operand: parseUnary(nested + 1) });
    }
    return parsePostfix(parsePrimary(nested), nested);
  };

  const parsePrimary = (nested: number): Node => {
    const { at } = token;
    if (token.kind === 'number') {
      const { value } = token;
      advance();
      return counted({ kind: 'literal', at, value });
    }
    if (token.kind === 'quote') return counted({ kind: 'text', at, parts: quoted(nested) });
    if (token.kind === 'name') return counted(parseWord(token.text, at, nested));
    if (isSign('${') || isSign('(')) {
      const close = isSign('(') ? ')' : '}';
      advance();
      const inner = parseLevel(0, nested + 1);
      expect(close);
      return inner;
    }
    throw new Problem(`expected a name or a value but found ${describe(token)}`, at);
  };

  const parseWord = (word: string, at: number, nested: number): Node => {
    if (FORBIDDEN_WORDS.includes(word)) throw new Problem(`'${word}' is a reserved word`, at);
    if (word === 'not' || Object.hasOwn(WORD_OPERATORS, word)) {
      throw new Problem(`expected a name or a value but found the operator '${word}'`, at);
    }
    advance();
    if (word === 'true' || word === 'false') return { kind: 'literal', at, value: word === 'true' };
    if (word === 'null') return { kind: 'literal', at, value: null };
    if (isSign('(')) return { kind: 'call', at, object: null, name: word, args: parseArguments(nested) };
    return { kind: 'name', at, name: word };
  };

  const parsePostfix = (start: Node, nested: number): Node => {
    for (let object = start; ;) {
      const { at } = token;
      if (isSign('.')) object = counted(parseMember(object, nested));
      else if (isSign('[')) {
        advance();
        const key = parseLevel(0, nested + 1);
        expect(']');
        object = counted({ kind: 'index', at, object, key });
      } else if (isSign('${')) {
        advance();
        const text = parseLevel(0, nested + 1);
        expect('}');
        object = counted({ kind: 'splice', at, object, text });
      } else return object;
    }
  };

  const parseMember = (object: Node, nested: number): Node => {
    advance();
    const { at } = token;
    // A payload's `changes[0].'new'.name`: quoted, because the name is a reserved word or has other characters.
    if (token.kind === 'quote') {
      const parts = quoted(nested);
      const name = parts.length === 0 ? '' : parts[0];
      if (parts.length > 1 || typeof name !== 'string') throw new Problem('a quoted name holds no expression', at);
      return { kind: 'member', at, object, name };
    }
    if (token.kind !== 'name') throw new Problem(`expected a name after '.' but found ${describe(token)}`, at);
    const name = token.text;
    advance();
    return isSign('(')
      ? { kind: 'call', at, object, name, args: parseArguments(nested) }
      : { kind: 'member', at, object, name };
  };

  const parseArguments = (nested: number): readonly Node[] => {
    const args: Node[] = [];
    expect('(');
    while (!isSign(')')) {
      if (args.length > 0) expect(',');
      args.push(parseLevel(0, nested + 1));
    }
    advance();
    return args;
  };

  const quoted = (nested: number): readonly Part[] => {
    if (token.kind !== 'quote') throw new TypeError('no quote here');
    const { parts, end } = readQuoted(token.end, token.text, nested + 1);
    token = readToken(text, end);
    return parts;
  };

  const node = parseLevel(0, depth);
  // Not `advance`: what follows the closing brace is text, not tokens.
  if (closing === 'end' ? token.kind === 'end' : isSign('}')) return { node, end: token.end };
  if (isSign('?')) throw new Problem("there is no '? :' here; use two steps, or a skip condition", token.at);
  throw new Problem(`expected ${closing === 'end' ? 'an operator' : "'}'"} but found ${describe(token)}`, token.at);
}

const FATAL = { fatal: true } as const;

export function checkNesting(depth: number, at: number): void {
  if (depth > LIMITS.nesting) throw new Problem(`an expression may nest ${LIMITS.nesting} deep`, at, FATAL);
}

function describe(token: Token): string {
  if (token.kind === 'end') return 'the end';
  if (token.kind === 'number') return `'${token.value}'`;
  return `'${token.text}'`;
}
