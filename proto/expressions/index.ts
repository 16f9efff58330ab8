export { evaluateCondition } from './condition.ts';
export { resolveLate, resolveLateValue, lateReferencesIn, describeLate } from './late.ts';
export type { LateReference, LateText, ResolvedText } from './late.ts';
export { LIMITS } from './limits.ts';
export {
  isPublishName,
  isReservedWord,
  isVariableName,
  FUNCTOR_NAMES,
  RESERVED_PUBLISH_NAMES,
  RESERVED_WORDS,
} from './names.ts';
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
export { functorSignatures } from './functors.ts';
export { references } from './references.ts';
export type { Language, Reference } from './references.ts';
