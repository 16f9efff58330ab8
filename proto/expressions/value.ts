import type { Json } from '../model/json.ts';
import type { LateReference, ResolvedText } from './late.ts';
import type { MergedFamily, Origin } from './scope.ts';

/** What a part of an expression stands for while it is evaluated. `label` is how the author wrote it. */
export type Value =
  | { readonly kind: 'data'; readonly data: Json; readonly origin: Origin; readonly label: string }
  | { readonly kind: 'family'; readonly family: MergedFamily; readonly label: string }
  | { readonly kind: 'late'; readonly text: ResolvedText; readonly label: string }
  | {
      readonly kind: 'lateFamily';
      readonly late: 'instance' | 'response';
      readonly path: string;
      readonly label: string;
    }
  /** `regex`, `json` …: something whose methods are functions. */
  | { readonly kind: 'functor'; readonly name: string; readonly label: string };

export const data = (value: Json, label = 'the value'): Value => ({
  kind: 'data',
  data: value,
  origin: 'runtime',
  label,
});

export const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
export const isRecord = (value: Json): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An object's own member; what every object inherits is no member. */
export const ownValue = (record: { readonly [key: string]: Json }, name: string): Json | undefined =>
  name !== '__proto__' && Object.hasOwn(record, name) ? record[name] : undefined;

/** As inserted into a text: null is empty, lists and objects are JSON. */
export function toText(value: Json): string {
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The number a value is or spells, or null. */
export function toNumber(value: Json): number | null {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || !/^\s*[+-]?\d+(\.\d+)?([eE][+-]?\d{1,3})?\s*$/.test(value)) return null;
  return Number(value);
}

/** The boolean a value is or spells, or null. */
export function toBoolean(value: Json): boolean | null {
  if (typeof value === 'boolean') return value;
  if (value === 'true') return true;
  return value === 'false' ? false : null;
}

/** "a number", for messages: they tell the kind of a value and never the value. */
export function describeKind(value: Json): string {
  if (value === null) return 'null';
  if (isList(value)) return 'a list';
  if (typeof value === 'string') return 'a text';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

export const lateName = (late: 'instance' | 'response', path: string): LateReference => ({ late, path });
