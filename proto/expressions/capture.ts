import { failure, type Failure } from '../model/failure.ts';
import { openFound, plainData, type Evaluation } from './evaluation.ts';
import { startEvaluation } from './evaluate.ts';
import { isSecret, lateReferencesIn, resolveLate, type LateReference } from './late.ts';
import { attempt } from './problem.ts';
import { references, type Language } from './references.ts';
import type { Resolution } from './resolve.ts';
import { family, findMember, findRoot, isClosed, late, memberNames, runtime } from './scope.ts';
import type { Found, Layer, Scope, ScopeValue } from './scope.ts';

export interface CapturedText {
  readonly text: string;
  readonly language: Language;
  readonly field?: string;
}

/**
 * The part of a scope that texts evaluated on the agent need, to be sent along with them: nothing an agent has no use
 * for leaves the control plane. Configured values are evaluated; secrets stay references; what the agent itself puts in
 * (instance, response) is left out.
 */
export function captureScope(texts: readonly CapturedText[], within: Scope): Resolution<Layer> {
  const failures: Failure[] = [];
  const root: Tree = { closed: false, members: new Map() };
  for (const { text, language, field } of texts) {
    const evaluation = startEvaluation(within, {}, false);
    const refuse = (message: string, column: number): void => {
      failures.push(failure('EXPRESSION', `column ${column}: ${message}`, field === undefined ? {} : { field }));
    };
    for (const reference of references(text, language)) {
      const { root: name, members, complete, column } = reference;
      const [first] = members;
      if (name === 'secrets' && (!complete || first === undefined)) {
        refuse('name the secret as a constant; which secrets are sent to the agent is decided before', column);
        continue;
      }
      const path = [name, ...members];
      const place = findPath(path, within);
      if (place !== null) {
        const captured = attempt(() =>
          put(root, place.path, capture(place.found, place.path.join('.'), evaluation), place.closed),
        );
        if ('problem' in captured) refuse(captured.problem.message, column);
      } else if (name === 'secrets' && first !== undefined) {
        put(root, ['secrets', first], late({ late: 'secret', name: first }), [false]);
      }
    }
  }
  return failures.length === 0 ? { ok: true, value: toLayer(root) } : { ok: false, failures };
}

/** Where a path leads as far as it goes through families, and which of these are closed. Null where it leads nowhere. */
function findPath(path: readonly string[], within: Scope): { found: Known; path: string[]; closed: boolean[] } | null {
  const [root = '', ...members] = path;
  let found = findRoot(within, root);
  const walked = [root];
  const closed: boolean[] = [];
  for (const name of members) {
    if (found.found !== 'family') break;
    closed.push(isClosed(found.family));
    found = findMember(found.family, name);
    walked.push(name);
  }
  return found.found === 'nothing' ? null : { found, path: walked, closed };
}

type Known = Exclude<Found, { found: 'nothing' }>;

/** Null for what the agent knows by itself, and for what nobody knows yet. */
function capture(found: Known, label: string, of: Evaluation): ScopeValue | null {
  if (found.found === 'family') {
    const members = memberNames(found.family).flatMap((name): readonly (readonly [string, ScopeValue])[] => {
      const member = findMember(found.family, name);
      const captured = member.found === 'nothing' ? null : capture(member, `${label}.${name}`, of);
      return captured === null ? [] : [[name, captured]];
    });
    return family(Object.fromEntries(members), { closed: isClosed(found.family) });
  }
  if (found.value.kind === 'lateFamily' || found.value.kind === 'pending') return null;
  if (found.value.kind === 'late') return lateReferencesIn(found.value.text).every(isSecret) ? found.value : null;
  const opened = openFound(found, label, 0, of);
  if (opened.kind === 'late') return { kind: 'late', text: opened.text };
  return runtime(plainData(opened, 0, of));
}

/** On the agent: every reference in a captured layer replaced by what it stands for. */
export function supplyLate(layer: Layer, lookup: (reference: LateReference) => string | undefined): Resolution<Layer> {
  const failures: Failure[] = [];
  const supply = (value: ScopeValue): ScopeValue => {
    if (value.kind === 'family') return { ...value, members: supplyMembers(value.members) };
    if (value.kind !== 'late') return value;
    const text = resolveLate(value.text, lookup);
    if (typeof text !== 'string') {
      failures.push(text);
      return value;
    }
    const origin = lateReferencesIn(value.text).some(isSecret) ? 'secret' : 'runtime';
    return { kind: 'value', origin, value: text };
  };
  const supplyMembers = (members: Layer): Layer =>
    Object.fromEntries(Object.entries(members).map(([name, value]) => [name, supply(value)]));
  const value = supplyMembers(layer);
  return failures.length === 0 ? { ok: true, value } : { ok: false, failures };
}

interface Tree {
  closed: boolean;
  readonly members: Map<string, Tree | ScopeValue>;
}

const isTree = (value: Tree | ScopeValue | undefined): value is Tree => value !== undefined && !('kind' in value);

function put(root: Tree, path: readonly string[], value: ScopeValue | null, closed: readonly boolean[]): void {
  const last = path.at(-1);
  if (value === null || last === undefined) return;
  let tree = root;
  for (const [index, name] of path.slice(0, -1).entries()) {
    const known = tree.members.get(name);
    // A whole family that is already captured has all its members.
    if (known !== undefined && !isTree(known)) return;
    const next: Tree = known ?? { closed: closed[index] ?? false, members: new Map() };
    tree.members.set(name, next);
    tree = next;
  }
  tree.members.set(last, value);
}

const toLayer = (tree: Tree): Layer =>
  Object.fromEntries(
    [...tree.members].map(([name, value]) => [
      name,
      isTree(value) ? family(toLayer(value), { closed: value.closed }) : value,
    ]),
  );
