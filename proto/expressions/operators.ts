import type { Json } from '../model/json.ts';
import type { BinaryOperator } from './ast.ts';
import type { Patterns } from './patterns.ts';
import { Problem } from './problem.ts';
import { describeKind, isList, isRecord, toBoolean, toNumber, toText } from './value.ts';

export type DataOperator = Exclude<BinaryOperator, '&&' | '||'>;

/** Everything but `&&` and `||`, which do not always look at their right side. */
export function applyOperator(operator: DataOperator, left: Json, right: Json, at: number, patterns: Patterns): Json {
  switch (operator) {
    case '==':
      return equal(left, right);
    case '!=':
      return !equal(left, right);
    case '=~':
      return isOneOf(left, right, at, patterns);
    case '!~':
      return !isOneOf(left, right, at, patterns);
    case '=^':
      return textOperand(left, operator, at).startsWith(textOperand(right, operator, at));
    case '<':
    case '<=':
    case '>':
    case '>=':
      return inOrder(operator, left, right, at);
    case '+':
      return add(left, right, at);
    case '-':
    case '*':
    case '/':
    case '%':
      return calculate(operator, left, right, at);
  }
}

/** Texts that spell a number or a boolean equal that number or boolean, because every variable's value is a text. */
export function equal(left: Json, right: Json): boolean {
  if (typeof left === 'number' || typeof right === 'number') {
    const number = toNumber(left);
    return number !== null && number === toNumber(right);
  }
  if (typeof left === 'boolean' || typeof right === 'boolean') {
    const boolean = toBoolean(left);
    return boolean !== null && boolean === toBoolean(right);
  }
  if (left === null || right === null || typeof left === 'string' || typeof right === 'string') return left === right;
  return JSON.stringify(left) === JSON.stringify(right);
}

/** Negative, zero or positive; null where the two have no order. Numbers as such, two texts by their characters. */
export function order(left: Json, right: Json): number | null {
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : left > right ? 1 : 0;
  const [first, second] = [toNumber(left), toNumber(right)];
  return first === null || second === null ? null : first - second;
}

function inOrder(operator: '<' | '<=' | '>' | '>=', left: Json, right: Json, at: number): boolean {
  const ordered = order(left, right);
  if (ordered === null) {
    throw new Problem(`'${operator}' cannot compare ${describeKind(left)} with ${describeKind(right)}`, at);
  }
  if (operator === '<') return ordered < 0;
  if (operator === '<=') return ordered <= 0;
  return operator === '>' ? ordered > 0 : ordered >= 0;
}

/** `=~` with a pattern that the whole text must match, or with a list that must contain the value. */
function isOneOf(left: Json, right: Json, at: number, patterns: Patterns): boolean {
  if (isList(right)) return right.some((each) => equal(left, each));
  return patterns.matchesWhole(textOperand(right, '=~', at), textOperand(left, '=~', at), at);
}

function textOperand(value: Json, operator: string, at: number): string {
  if (value !== null && typeof value !== 'object') return toText(value);
  throw new Problem(`'${operator}' needs a text, not ${describeKind(value)}`, at);
}

function add(left: Json, right: Json, at: number): Json {
  const [first, second] = [toNumber(left), toNumber(right)];
  if (first !== null && second !== null) return finite(first + second, at);
  if (isRecord(left) || isList(left) || isRecord(right) || isList(right)) {
    throw new Problem(`'+' cannot add ${describeKind(left)} and ${describeKind(right)}`, at);
  }
  return toText(left) + toText(right);
}

function calculate(operator: '-' | '*' | '/' | '%', left: Json, right: Json, at: number): number {
  const [first, second] = [toNumber(left), toNumber(right)];
  if (first === null || second === null) {
    throw new Problem(`'${operator}' needs two numbers, not ${describeKind(left)} and ${describeKind(right)}`, at);
  }
  if (operator === '-') return finite(first - second, at);
  if (operator === '*') return finite(first * second, at);
  if (second === 0) throw new Problem('this divides by zero', at);
  if (operator === '%') return first % second;
  // Two whole numbers divide into a whole number.
  const whole = Number.isInteger(first) && Number.isInteger(second);
  return finite(whole ? Math.trunc(first / second) : first / second, at);
}

function finite(value: number, at: number): number {
  if (Number.isFinite(value)) return value;
  throw new Problem('the number becomes too large', at);
}

/** For `!`, `&&`, `||` and the outcome of a condition. */
export function requireBoolean(value: Json, what: string, at: number): boolean {
  const boolean = toBoolean(value);
  if (boolean !== null) return boolean;
  throw new Problem(`${what} must be true or false, not ${describeKind(value)}`, at);
}

export const isEmptyValue = (value: Json): boolean =>
  value === null || value === '' || (isList(value) && value.length === 0) || (isRecord(value) && sizeOf(value) === 0);

/** Characters, elements or members; null where there is no such thing. */
export function sizeOf(value: Json): number | null {
  if (typeof value === 'string' || isList(value)) return value.length;
  return isRecord(value) ? Object.keys(value).length : null;
}
