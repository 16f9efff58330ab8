import type { Node } from './ast.ts';
import { plainData } from './evaluation.ts';
import { evaluate, startEvaluation } from './evaluate.ts';
import { isTooLong, LIMITS } from './limits.ts';
import { requireBoolean } from './operators.ts';
import { parseExpression } from './parser.ts';
import { attempt, Problem, problemFailure } from './problem.ts';
import type { Resolution, ResolveOptions } from './resolve.ts';
import type { Scope } from './scope.ts';
import { templateReader } from './template.ts';

/**
 * A skip condition or an assertion: one expression that is true or false, with `${…}` around its operands or without.
 * What is not known is a failure and neither true nor false; secrets are refused.
 */
export function evaluateCondition(text: string, within: Scope, options: ResolveOptions = {}): Resolution<boolean> {
  const outcome = attempt(() => {
    const node = parseCondition(text);
    const evaluation = startEvaluation(within, options, true);
    return requireBoolean(plainData(evaluate(node, evaluation), node.at, evaluation), 'a condition', node.at);
  });
  if ('value' in outcome) return { ok: true, value: outcome.value };
  return { ok: false, failures: [problemFailure(outcome.problem, text, options)] };
}

/** Throws a problem when it cannot be read. */
export function parseCondition(text: string): Node {
  if (isTooLong(text)) throw new Problem(`the text is over ${LIMITS.textBytes} bytes`, 0);
  if (text.trim() === '') throw new Problem('the condition is empty; write true or false, or a comparison', 0);
  return parseExpression(text, 0, 0, 'end', templateReader(text).readQuoted).node;
}
