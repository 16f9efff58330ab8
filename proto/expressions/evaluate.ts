import type { Json } from '../model/json.ts';
import { leadingName, type ExpressionPart, type Node, type Part } from './ast.ts';
import { callMethod, elementOf, isKnownRoot, isStructureRoot, memberOf, rootValue } from './access.ts';
import { checkText, plainData, stepBudget, type Evaluation } from './evaluation.ts';
import { canonicalText, type LateReference, type ResolvedText } from './late.ts';
import { functionOf } from './functors.ts';
import { isTooLong, LIMITS } from './limits.ts';
import { applyOperator, isEmptyValue, requireBoolean, sizeOf } from './operators.ts';
import { createPatterns } from './patterns.ts';
import { attempt, positionOf, Problem } from './problem.ts';
import type { Scope } from './scope.ts';
import { isScopedFunctor, selectFromResponse } from './scoped-functors.ts';
import { parseTemplate } from './template.ts';
import { data, describeKind, lateName, toNumber, toText, type Value } from './value.ts';

export interface EvaluationOptions {
  /** The work is done on the agent: what is late elsewhere is in the scope, and nothing stays late. */
  readonly onAgent?: boolean;
  /**
   * For fields that no shell sees, such as a name or a selector: what is not known is a failure. Otherwise it is left as
   * it stands.
   */
  readonly strict?: boolean;
}

export function startEvaluation(scope: Scope, options: EvaluationOptions, condition: boolean): Evaluation {
  const patterns = createPatterns();
  const spend = stepBudget();
  const secrets = new Set<string>();
  const within = (following: readonly string[]): Evaluation => ({
    scope,
    onAgent: options.onAgent ?? false,
    condition,
    strict: condition || (options.strict ?? false),
    secrets,
    patterns,
    spend,
    follow: (text, label, at) => followConfigured(text, label, at, following, within([...following, label])),
  });
  return within([]);
}

/** The value of a configured text. Its own problems are told with the way that led to it. */
function followConfigured(
  text: string,
  label: string,
  at: number,
  following: readonly string[],
  inside: Evaluation,
): Value {
  const way = [...following, label].join(' → ');
  if (following.includes(label)) throw new Problem(`'${label}' leads back to itself: ${way}`, at, { fatal: true });
  if (following.length >= LIMITS.depth) {
    throw new Problem(`values lead to values more than ${LIMITS.depth} times: ${way}`, at, { fatal: true });
  }
  const template = parseTemplate(text);
  const outcome = attempt(() => {
    if (template.fatal !== null) throw template.fatal;
    return insertParts(template.parts, inside);
  });
  if ('value' in outcome) {
    return typeof outcome.value === 'string'
      ? data(outcome.value, label)
      : { kind: 'late', text: outcome.value, label };
  }
  const { problem } = outcome;
  // A value further down the way has already told its name.
  if (problem.options.fatal === true || problem.message.startsWith('in the value of ')) {
    throw new Problem(problem.message, at, problem.options);
  }
  const { line, column } = positionOf(text, problem.at);
  const where = line === 1 ? `column ${column}` : `line ${line}, column ${column}`;
  throw new Problem(`in the value of '${label}', ${where}: ${problem.message}`, at, {
    ...problem.options,
    unresolved: false,
  });
}

/**
 * A text with its expressions evaluated. With `onProblem` every problem is reported and the rest goes on; without, the
 * first one is thrown.
 */
export function insertParts(
  parts: readonly Part[],
  of: Evaluation,
  onProblem: (problem: Problem) => void = (problem) => {
    throw problem;
  },
): ResolvedText {
  const resolved: (string | LateReference)[] = [];
  let length = 0;
  const insert = (text: ResolvedText, at: number): void => {
    for (const part of typeof text === 'string' ? [text] : text.parts) {
      resolved.push(part);
      length += typeof part === 'string' ? part.length : 0;
    }
    if (length > LIMITS.textBytes) throw tooLong(at);
  };
  for (const part of parts) {
    const at = typeof part === 'string' ? 0 : part.at;
    const outcome = attempt(() => insert(insertPart(part, of), at));
    if (!('problem' in outcome)) continue;
    onProblem(outcome.problem);
    if (outcome.problem.options.fatal === true) return '';
  }
  const text = canonicalText(resolved);
  const written = typeof text === 'string' ? text : text.parts.filter((part) => typeof part === 'string').join('');
  if (isTooLong(written)) onProblem(tooLong(0));
  return text;
}

const tooLong = (at: number): Problem =>
  new Problem(`the text becomes longer than ${LIMITS.textBytes} bytes`, at, { fatal: true });

function insertPart(part: Part, of: Evaluation): ResolvedText {
  if (typeof part === 'string') return part;
  if (part.kind === 'expression') return insertExpression(part, of);
  if (of.strict || (part.root !== null && isKnownRoot(part.root, of))) throw part.problem;
  return '${';
}

function insertExpression(part: ExpressionPart, of: Evaluation): ResolvedText {
  const { node } = part;
  // `${1}` and `${10}` are the shell's arguments.
  const isShellArgument = node.kind === 'literal' && typeof node.value === 'number';
  const leading = leadingName(node);
  const isForeign = leading !== null && !isKnownRoot(leading.name, of);
  if (!of.strict && (isShellArgument || isForeign)) return asItStands(part, of);
  // `${host-web}` is the shell's default for an unset variable; `${env.name-web}` can only be meant for us.
  const bareName = leading?.bare === true ? leading.name : null;
  if (!of.strict && bareName !== null && isStructureRoot(bareName, of)) return asItStands(part, of);
  const outcome = attempt(() => evaluate(node, of));
  if ('problem' in outcome) {
    const { unresolved = false } = outcome.problem.options;
    if (of.strict || !unresolved || (bareName === null && !isPath(node))) throw outcome.problem;
    return asItStands(part, of);
  }
  const { value } = outcome;
  if (value.kind === 'late') return value.text;
  if (value.kind === 'lateFamily' && !of.condition && value.path !== '') {
    return { parts: [lateName(value.late, value.path)] };
  }
  return toText(checkText(plainData(value, part.at, of), part.at));
}

const isPath = (node: Node): boolean =>
  node.kind === 'name' ||
  (node.kind === 'member' && isPath(node.object)) ||
  (node.kind === 'index' && isPath(node.object));

/** Not ours: left for the shell, but what stands inside (`${X:-${env.name}}`) may be ours. */
function asItStands(part: ExpressionPart, of: Evaluation): ResolvedText {
  const inner = insertParts(part.inner, of);
  return canonicalText(['${', ...(typeof inner === 'string' ? [inner] : inner.parts)]);
}

export function evaluate(node: Node, of: Evaluation): Value {
  of.spend(node.at);
  switch (node.kind) {
    case 'literal':
      return data(node.value);
    case 'text': {
      const text = insertParts(node.parts, of);
      return typeof text === 'string' ? data(text, 'the text') : { kind: 'late', text, label: 'the text' };
    }
    case 'name':
      return rootValue(node.name, node.at, of);
    case 'member':
      return memberOf(evaluate(node.object, of), node.name, node.at, of);
    case 'index':
      return elementOf(evaluate(node.object, of), plainOf(node.key, of), node.at, of);
    case 'splice':
      return spliceMembers(evaluate(node.object, of), plainOf(node.text, of), node.at, of);
    case 'call':
      return evaluateCall(node, of);
    case 'unary':
      return data(evaluateUnary(node, of));
    case 'binary':
      return data(evaluateBinary(node, of));
  }
}

const plainOf = (node: Node, of: Evaluation): Json => plainData(evaluate(node, of), node.at, of);

/** The text of a splice is a path and can be nothing else, so a value in it cannot become code. */
function spliceMembers(object: Value, text: Json, at: number, of: Evaluation): Value {
  if (typeof text !== 'string' || !/^(\.[A-Za-z_][A-Za-z0-9_]*){1,50}$/.test(text)) {
    throw new Problem("what is spliced in must be a path such as '.metadata.image'", at);
  }
  return text
    .split('.')
    .slice(1)
    .reduce((value, name) => memberOf(value, name, at, of), object);
}

function evaluateCall(node: Extract<Node, { kind: 'call' }>, of: Evaluation): Value {
  const object = node.object === null ? null : evaluate(node.object, of);
  if (object?.kind === 'functor' && !isScopedFunctor(object.name)) {
    functionOf(object.name, node.name, node.args.length, node.at);
  }
  const args = node.args.map((arg) => plainOf(arg, of));
  if (object !== null) return callMethod(object, node.name, args, node.at, of);
  if (node.name === 'jsonpath') return selectFromResponse(args, node.at, of);
  throw new Problem(`there is no function '${node.name}'`, node.at, { existing: ['jsonpath', 'empty', 'size'] });
}

function evaluateUnary({ operator, operand, at }: Extract<Node, { kind: 'unary' }>, of: Evaluation): Json {
  const value = plainOf(operand, of);
  if (operator === '!') return !requireBoolean(value, "what '!' denies", at);
  if (operator === 'empty') return isEmptyValue(value);
  if (operator === 'size') {
    const size = sizeOf(value);
    if (size === null) throw new Problem(`${describeKind(value)} has no size`, at);
    return size;
  }
  const number = toNumber(value);
  if (number === null) throw new Problem(`'-' needs a number, not ${describeKind(value)}`, at);
  return -number;
}

function evaluateBinary(node: Extract<Node, { kind: 'binary' }>, of: Evaluation): Json {
  const { operator, at } = node;
  const left = plainOf(node.left, of);
  if (operator === '&&' || operator === '||') {
    const decided = requireBoolean(left, `the left side of '${operator}'`, at);
    if (decided === (operator === '||')) return decided;
    return requireBoolean(plainOf(node.right, of), `the right side of '${operator}'`, at);
  }
  const right = plainOf(node.right, of);
  of.spend(at, typeof left === 'string' ? left.length : 0);
  return checkText(applyOperator(operator, left, right, at, of.patterns), at);
}
