import type { Json } from '../model/json.ts';
import type { LateReference, ResolvedText } from './late.ts';

/**
 * Where a value comes from. What people configured may hold `${…}` and is evaluated again; what came out of a run, an
 * answer or a secret never is. A `secret` value exists only on an agent, and no condition may read it.
 */
export type Origin = 'configured' | 'runtime' | 'secret';

/** A name's meaning. Plain data, so that a scope can be journaled or sent to an agent. */
export type ScopeValue =
  | { readonly kind: 'value'; readonly origin: Origin; readonly value: Json }
  /** A family with its members. Closed: a member that is not listed does not exist, and using it is a failure. */
  | { readonly kind: 'family'; readonly closed: boolean; readonly members: Layer }
  /** Known on the agent only; whole, or with text around it. */
  | { readonly kind: 'late'; readonly text: ResolvedText }
  /** A family of which only the agent knows the members. */
  | { readonly kind: 'lateFamily'; readonly late: 'instance' | 'response'; readonly path: string }
  /** Will be known later, anything below it included: for checks before an execution starts. */
  | { readonly kind: 'pending' };

export type Layer = { readonly [name: string]: ScopeValue };

/** What names mean. Innermost layer first; families of the same name in several layers are looked through by member. */
export interface Scope {
  readonly layers: readonly Layer[];
}

export const scope = (layers: readonly Layer[]): Scope => ({ layers });

/** The same scope with one more layer that is looked at first. */
export const withLayer = (layer: Layer, outer: Scope): Scope => ({ layers: [layer, ...outer.layers] });

export const configured = (value: Json): ScopeValue => ({ kind: 'value', origin: 'configured', value });
export const runtime = (value: Json): ScopeValue => ({ kind: 'value', origin: 'runtime', value });
export const secretValue = (value: Json): ScopeValue => ({ kind: 'value', origin: 'secret', value });
export const late = (reference: LateReference): ScopeValue => ({ kind: 'late', text: { parts: [reference] } });
export const lateFamily = (kind: 'instance' | 'response', path = ''): ScopeValue => ({
  kind: 'lateFamily',
  late: kind,
  path,
});
export const pending: ScopeValue = { kind: 'pending' };

export const family = (members: Layer, options: { readonly closed?: boolean } = {}): ScopeValue => ({
  kind: 'family',
  closed: options.closed ?? false,
  members,
});

/** A family of configured values: `family` for the most common case, variables. */
export const variables = (values: Readonly<Record<string, Json>>): ScopeValue =>
  family(Object.fromEntries(Object.entries(values).map(([name, value]) => [name, configured(value)])), {
    closed: true,
  });

/** A file as `configFile.getAsString` and `getAsBase64` find it, in the family `configFile`, by its name. */
export const file = (text: ScopeValue, base64: ScopeValue): ScopeValue => family({ text, base64 }, { closed: true });

/** Families of one name in several layers, innermost first. */
export interface MergedFamily {
  readonly families: readonly { readonly closed: boolean; readonly members: Layer }[];
}

export type Found =
  | { readonly found: 'value'; readonly value: Exclude<ScopeValue, { kind: 'family' }> }
  | { readonly found: 'family'; readonly family: MergedFamily }
  | { readonly found: 'nothing' };

/** A root name: a layer's own, or what the layer has published in `context`. */
export function findRoot(within: Scope, name: string): Found {
  return merge(
    within.layers.flatMap((layer) => {
      const context = ownMember(layer, 'context');
      const own = ownMember(layer, name);
      const published = context?.kind === 'family' ? ownMember(context.members, name) : undefined;
      return [own, published].filter((value) => value !== undefined);
    }),
  );
}

export const findMember = (within: MergedFamily, name: string): Found =>
  merge(within.families.map((each) => ownMember(each.members, name)).filter((value) => value !== undefined));

/** Own members only, so that nothing that every object inherits is ever a name. */
function ownMember(members: Layer, name: string): ScopeValue | undefined {
  return name !== '__proto__' && Object.hasOwn(members, name) ? members[name] : undefined;
}

/** The innermost value wins; families before any value are looked through together. */
function merge(candidates: readonly ScopeValue[]): Found {
  const [first] = candidates;
  if (first === undefined) return { found: 'nothing' };
  if (first.kind !== 'family') return { found: 'value', value: first };
  const families: { readonly closed: boolean; readonly members: Layer }[] = [];
  for (const candidate of candidates) {
    if (candidate.kind !== 'family') break;
    families.push(candidate);
  }
  return { found: 'family', family: { families } };
}

export const isClosed = (within: MergedFamily): boolean => within.families.some((each) => each.closed);

export const memberNames = (within: MergedFamily): readonly string[] =>
  [...new Set(within.families.flatMap((each) => Object.keys(each.members)))].sort();
