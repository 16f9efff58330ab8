/**
 * The language of `${…}`: used by the engine, the agent, the command line and the page, so it is pure.
 *
 * A text evaluates to text, with references in it where only the agent knows the value (`late.ts`). Names are looked up
 * in a scope of layers, innermost first (`scope.ts`). An unknown member of a closed family is a failure; an unknown root
 * (`${HOME}`, `${VAR:-x}`) is left as it stands, for the shell. What people configured is evaluated again when it is
 * used; what came out of a run, an answer or a secret never is. Bounds are in `limits.ts`.
 */
export { evaluateCondition } from './condition.ts';
export { resolveLate, resolveLateValue, lateReferencesIn, describeLate } from './late.ts';
export type { LateReference, LateText, ResolvedText } from './late.ts';
export { LIMITS } from './limits.ts';
export { isPublishName, isReservedWord, isVariableName, FUNCTOR_NAMES, RESERVED_WORDS } from './names.ts';
export { resolveTemplate, resolveValue } from './resolve.ts';
export type { Resolution, ResolvedJson, ResolveOptions } from './resolve.ts';
export {
  configured,
  family,
  file,
  late,
  lateFamily,
  pending,
  runtime,
  scope,
  secretValue,
  variables,
  withLayer,
} from './scope.ts';
export type { Layer, Origin, Scope, ScopeValue } from './scope.ts';
export { parseTemplate } from './template.ts';
export type { Template } from './template.ts';
export { checkExpressions } from './check.ts';
export { captureScope, supplyLate } from './capture.ts';
export type { CapturedText } from './capture.ts';
export { INSTANCE_FAMILIES, RESPONSE_FAMILY } from './families.ts';
export { references } from './references.ts';
export type { Language, Reference } from './references.ts';
