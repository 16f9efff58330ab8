import type { Json } from '../model/json.ts';
import { beanProperty, callCollectionMethod, elementAt } from './collection-methods.ts';
import { checkText, lateProblem, openData, openFound, plainData, type Evaluation } from './evaluation.ts';
import { callFunctor } from './functors.ts';
import { memberOfFamily, suggest, unknownMember } from './members.ts';
import { FUNCTOR_NAMES } from './names.ts';
import { Problem } from './problem.ts';
import { findMember, findRoot } from './scope.ts';
import { callScopedFunctor, contextFamily, isScopedFunctor } from './scoped-functors.ts';
import { callStringMethod } from './string-methods.ts';
import { data, isList, isRecord, ownValue, toText, type Value } from './value.ts';

const functorNames: ReadonlySet<string> = new Set(FUNCTOR_NAMES);

export const isKnownRoot = (name: string, of: Pick<Evaluation, 'scope'>): boolean =>
  functorNames.has(name) || findRoot(of.scope, name).found !== 'nothing';

/** A family or a whole set of outputs has no text of its own; `${host}` and `${app}` are common names in scripts. */
export function isStructureRoot(name: string, of: Evaluation): boolean {
  const found = findRoot(of.scope, name);
  if (functorNames.has(name) || found.found === 'family') return true;
  if (found.found === 'nothing') return false;
  return found.value.kind === 'lateFamily' || (found.value.kind === 'value' && isRecord(found.value.value));
}

export function rootValue(name: string, at: number, of: Evaluation): Value {
  if (functorNames.has(name)) return { kind: 'functor', name, label: name };
  const found = findRoot(of.scope, name);
  if (found.found !== 'nothing') return openFound(found, name, at, of);
  const existing = [...new Set(of.scope.layers.flatMap((layer) => Object.keys(layer)))].sort();
  const mend = of.strict ? "; put a text into quotes ('…')" : '';
  throw new Problem(`'${name}' is not known here${suggest(name, existing)}${mend}`, at, { existing, unresolved: true });
}

export function memberOf(object: Value, name: string, at: number, of: Evaluation): Value {
  const label = `${object.label}.${name}`;
  switch (object.kind) {
    case 'data':
      return memberOfData(object, name, label, at, of);
    case 'family':
      return memberOfFamily(object.family, object.label, name, at, of);
    case 'lateFamily':
      return { ...object, path: object.path === '' ? name : `${object.path}.${name}`, label };
    case 'late':
      throw lateProblem(object, at, of);
    case 'functor':
      if (object.name === 'context') return memberOfFamily(contextFamily(of, at, name), 'context', name, at, of);
      if (object.name === 'aws' && name === 'tags') return { kind: 'functor', name: 'aws.tags', label };
      throw new Problem(`'${object.label}' has functions only; write '${object.label}.…(…)'`, at);
  }
}

function memberOfData(
  object: Extract<Value, { kind: 'data' }>,
  name: string,
  label: string,
  at: number,
  of: Evaluation,
): Value {
  // Null stays null all the way: `rollbackArtifact` is null when nothing was deployed before.
  if (object.data === null) return { ...object, label };
  if (isRecord(object.data)) {
    const found = ownValue(object.data, name);
    if (found !== undefined) return openData(found, object.origin, label, at, of);
    throw unknownMember(object.label, name, Object.keys(object.data), at);
  }
  const mend = isList(object.data) ? 'take an element with [0] or .get(0)' : 'a method needs its ()';
  throw new Problem(`'${object.label}' has no members; ${mend}`, at);
}

export function elementOf(object: Value, key: Json, at: number, of: Evaluation): Value {
  if (typeof key === 'string') return memberOf(object, key, at, of);
  if (object.kind === 'data' && isList(object.data)) {
    const label = `${object.label}[${toText(key)}]`;
    return openData(elementAt(object.data, key, at, object.label), object.origin, label, at, of);
  }
  if (object.kind === 'data' && object.data === null) return object;
  if (object.kind === 'late') throw lateProblem(object, at, of);
  if (object.kind === 'lateFamily') return { ...object, path: `${object.path}[${toText(key)}]` };
  throw new Problem(`'${object.label}' is no list; its members have names`, at);
}

export function callMethod(object: Value, name: string, args: readonly Json[], at: number, of: Evaluation): Value {
  const label = `${object.label}.${name}(…)`;
  switch (object.kind) {
    case 'functor': {
      if (isScopedFunctor(object.name)) return callScopedFunctor(object.name, name, args, at, of);
      for (const arg of args) of.spend(at, typeof arg === 'string' ? arg.length : 0);
      return data(checkText(callFunctor(object.name, name, { args, at, patterns: of.patterns }), at), label);
    }
    case 'family':
      return callOnFamily(object, name, args, at, of);
    case 'late':
    case 'lateFamily':
      throw lateProblem(object, at, of);
    case 'data':
      if (object.data === null) throw new Problem(`'${object.label}' is null; it has no methods`, at);
      if (isList(object.data) || isRecord(object.data)) {
        const found = callCollectionMethod(object.data, { name, args, at, label: object.label });
        return openData(found, object.origin, label, at, of);
      }
      return callOnText(toText(plainData(object, at, of)), name, args, label, at, of);
  }
}

function callOnText(
  text: string,
  name: string,
  args: readonly Json[],
  label: string,
  at: number,
  of: Evaluation,
): Value {
  of.spend(at, text.length);
  const outcome = checkText(callStringMethod(text, { args, at, name, patterns: of.patterns }), at);
  if (typeof outcome === 'object' && outcome !== null) of.spend(at, text.length);
  return data(outcome, label);
}

function callOnFamily(
  object: Extract<Value, { kind: 'family' }>,
  name: string,
  args: readonly Json[],
  at: number,
  of: Evaluation,
): Value {
  const [first] = args;
  if (name === 'get' && args.length === 1 && typeof first === 'string') {
    return memberOfFamily(object.family, object.label, first, at, of);
  }
  const property =
    args.length > 0
      ? undefined
      : beanProperty(name, (each) => {
          const found = findMember(object.family, each);
          return found.found === 'nothing' ? undefined : found;
        });
  if (property !== undefined) return openFound(property, `${object.label}.${name}()`, at, of);
  throw new Problem(`the family '${object.label}' has no method '${name}'; read a member with get('name')`, at);
}
