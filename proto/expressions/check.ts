import { failure, type Failure } from '../model/failure.ts';
import { openFound, plainData, type Evaluation } from './evaluation.ts';
import { evaluate, insertParts, startEvaluation } from './evaluate.ts';
import { isKnownRoot } from './access.ts';
import { parseCondition } from './condition.ts';
import { LIMITS } from './limits.ts';
import { unknownMember } from './members.ts';
import { requireBoolean } from './operators.ts';
import { attempt, positionOf, Problem, problemFailure, type Position } from './problem.ts';
import { references, type Language, type Reference } from './references.ts';
import type { ResolveOptions } from './resolve.ts';
import { findMember, findRoot, isClosed, memberNames, type Found, type Scope } from './scope.ts';
import { parseTemplate } from './template.ts';

/**
 * What is already sure to fail, before anything runs. Values that will be known later stand in the scope as `pending`;
 * that they are not known yet, or with `onAgent` only on the agent, is no failure.
 */
export function checkExpressions(
  text: string,
  language: Language,
  within: Scope,
  options: ResolveOptions = {},
): readonly Failure[] {
  const early = (problem: Problem): boolean => {
    const { early: reason } = problem.options;
    return reason === 'later' || (reason === 'agent' && options.onAgent === true);
  };
  // Evaluated as where the check runs; what is only missing because this is no agent has just been excluded.
  const evaluation = startEvaluation(within, { strict: options.strict ?? false }, language === 'condition');
  const problems = tryOut(text, language, evaluation).filter((problem) => !early(problem));
  const failures = problems.map((problem) => problemFailure(problem, text, options));
  const seen = new Set(problems.map((problem) => placeOf(positionOf(text, problem.at))));
  for (const reference of references(text, language)) {
    const found = checkReference(reference, language, evaluation);
    if (failures.length >= LIMITS.failures) break;
    if (found === null || seen.has(placeOf(reference))) continue;
    const field = options.field === undefined ? {} : { field: options.field };
    const { line, column } = reference;
    const where = line === 1 ? `column ${column}` : `line ${line}, column ${column}`;
    const existing = found.options.existing === undefined ? {} : { existing: found.options.existing };
    if (failures.some((each) => each.message.endsWith(found.message))) continue;
    failures.push(
      failure('EXPRESSION', `${where}: ${found.message}`, { ...field, details: { line, column, ...existing } }),
    );
  }
  return failures;
}

const placeOf = ({ line, column }: Position): string => `${line}:${column}`;

function tryOut(text: string, language: Language, of: Evaluation): readonly Problem[] {
  const problems: Problem[] = [];
  if (language === 'text') {
    const template = parseTemplate(text);
    if (template.fatal !== null) return [template.fatal];
    insertParts(template.parts, of, (problem) => {
      if (problems.length < LIMITS.failures) problems.push(problem);
    });
    return problems;
  }
  const outcome = attempt(() => {
    const node = parseCondition(text);
    requireBoolean(plainData(evaluate(node, of), node.at, of), 'a condition', node.at);
  });
  return 'problem' in outcome ? [outcome.problem] : [];
}

/** Evaluation stops at the first thing that is not known yet, and `&&` may never look at its right side. */
function checkReference(reference: Reference, language: Language, of: Evaluation): Problem | null {
  const { root, members } = reference;
  let found: Found = findRoot(of.scope, root);
  if (found.found === 'nothing') {
    if (language === 'text' || isKnownRoot(root, of)) return null;
    return new Problem(`'${root}' is not known here`, 0);
  }
  let label = root;
  for (const name of members) {
    if (found.found !== 'family') break;
    const { family } = found;
    found = findMember(family, name);
    if (found.found === 'nothing') return isClosed(family) ? unknownMember(label, name, memberNames(family), 0) : null;
    label = `${label}.${name}`;
  }
  if (language === 'text' || found.found !== 'value' || found.value.kind !== 'late') return null;
  const { value } = found;
  const opened = attempt(() => plainData(openFound({ found: 'value', value }, label, 0, of), 0, of));
  return 'problem' in opened && opened.problem.options.early === undefined ? opened.problem : null;
}
