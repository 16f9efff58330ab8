/**
 * Steps and command units are one-key maps: the key says what it is, a scalar after it is the short form, and its
 * parameters stand inside it or beside it. This file reads them all; schema-steps.ts and schema-units.ts list them.
 */
import { z } from 'zod';
import { isJsonObject, type JsonRecord } from './json-values.ts';
import type { Path, Report } from './problem.ts';

export interface Keyed {
  readonly key: string;
  readonly summary: string;
  /** The parameter a bare scalar fills; null: there is none. */
  readonly short: string | null;
  /** Parameters without which it means nothing. */
  readonly required: readonly string[];
  readonly fields: Readonly<Record<string, z.ZodType>>;
  /** The key alone, as text, is enough. */
  readonly bare?: boolean;
}

export interface ReadKeyed {
  readonly entry: Keyed;
  /** Parameters and common fields, as authored. */
  readonly parameters: JsonRecord;
  readonly common: JsonRecord;
}

export function keyedSchema(
  table: readonly Keyed[],
  common: Readonly<Record<string, z.ZodType>>,
): z.ZodType<JsonRecord | string> {
  const branches = table.flatMap((entry): z.ZodType[] => {
    const fields = Object.fromEntries(
      Object.entries({ ...entry.fields, ...common }).map(([field, schema]) => [field, schema.optional()]),
    );
    const inside = z.strictObject(fields);
    const short = entry.short === null ? undefined : entry.fields[entry.short];
    const beside = Object.fromEntries(Object.entries(fields).filter(([field]) => field !== entry.key));
    const value = short === undefined ? inside : z.union([short, inside]);
    const map = z.strictObject({ [entry.key]: value.describe(entry.summary), ...beside });
    return entry.bare === true ? [z.literal(entry.key).describe(entry.summary), map] : [map];
  });
  // The branches are made of a table, so their types are not known here; readKeyed gives the shape.
  return z.union(branches as [z.ZodType, z.ZodType]) as unknown as z.ZodType<JsonRecord | string>;
}

/** Both forms brought together. The value has passed the schema. */
export function readKeyed(
  table: readonly Keyed[],
  commonFields: readonly string[],
  authored: JsonRecord | string,
  path: Path,
  report: Report,
): ReadKeyed | null {
  const map: JsonRecord = typeof authored === 'string' ? { [authored]: {} } : authored;
  const entry = table.find(({ key }) => Object.hasOwn(map, key));
  if (entry === undefined) return null;
  const value = map[entry.key] ?? null;
  const inside: JsonRecord = isJsonObject(value) ? value : entry.short === null ? {} : { [entry.short]: value };
  const merged: Record<string, JsonRecord[string]> = { ...inside };
  for (const [field, each] of Object.entries(map)) {
    if (field === entry.key) continue;
    if (Object.hasOwn(inside, field)) {
      report([...path, field], `'${field}' stands inside '${entry.key}' and beside it`, 'Keep one of the two.', 'key');
    }
    merged[field] = each;
  }
  for (const field of entry.required) {
    if (Object.hasOwn(merged, field)) continue;
    const mend = entry.short === field ? `Write ${entry.key}: …` : `Add ${field}: …`;
    report([...path, entry.key], `'${entry.key}' needs '${field}'`, mend, 'key');
  }
  const isCommon = ([field]: readonly [string, unknown]): boolean =>
    commonFields.includes(field) && !Object.hasOwn(entry.fields, field);
  const entries = Object.entries(merged);
  return {
    entry,
    parameters: Object.fromEntries(entries.filter((each) => !isCommon(each))),
    common: Object.fromEntries(entries.filter(isCommon)),
  };
}
