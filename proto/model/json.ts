/** What may stand in journals, commands and outputs. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** The same text for the same value whatever the order of its keys: for hashes and comparisons. */
export function canonicalJson(value: Json | undefined): string {
  if (value === undefined) return 'null';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  // Every journal record goes through here: no array of entries, no list of parts.
  let text = '';
  if (Array.isArray(value)) {
    for (const each of value as readonly Json[]) text += `${text === '' ? '' : ','}${canonicalJson(each)}`;
    return `[${text}]`;
  }
  const object = value as JsonObject;
  for (const key of Object.keys(object).sort()) {
    const each = object[key];
    if (each !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(each)}`;
  }
  return `{${text}}`;
}

/**
 * Whether two values of plain data have the same canonical text, found out without making it: the order of keys is all
 * one, and a field that is undefined is one that is absent.
 */
export function sameJson(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) || Array.isArray(other)) {
    if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false;
    return one.every((each, index) => sameJson(each, other[index]));
  }
  return hasAllOf(one as Fields, other as Fields) && hasAllOf(other as Fields, one as Fields, NAMES_ONLY);
}

// Objects that are no arrays.
type Fields = Readonly<Record<string, unknown>>;
const NAMES_ONLY = (value: unknown): boolean => value !== undefined;

function hasAllOf(
  fields: Fields,
  others: Fields,
  has: (value: unknown, field: unknown) => boolean = sameJson,
): boolean {
  for (const name in fields) if (fields[name] !== undefined && !has(others[name], fields[name])) return false;
  return true;
}
