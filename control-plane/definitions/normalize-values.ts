import { formatDuration, parseDuration } from '@fairlead/proto/model/duration.ts';
import { compact, mapValues } from './json-values.ts';
import type { LongConfigFiles, Values } from './long-form.ts';
import type { AuthoredConfigFiles } from './schema.ts';

type Scalar = string | number | boolean;

export const longValues = (values: Readonly<Record<string, Scalar>>): Values => mapValues(values, String);

/** The one way to write it; the schema has made sure that it is a duration. */
export const longDuration = (duration: string): string => formatDuration(parseDuration(duration) ?? 0);

/** `25.0 %`, `025%` and `25%` are the same. */
export function longAmount(amount: string | number): string {
  const written = String(amount).trim();
  const percent = /^([\d.]+)%$/.exec(written);
  if (percent !== null) return `${Number(percent[1])}%`;
  return /^\d+$/.test(written) ? String(Number(written)) : written;
}

export const longList = <T>(value: T | readonly T[]): readonly T[] =>
  // `Array.isArray` does not narrow a readonly list away.
  Array.isArray(value) ? (value as readonly T[]) : [value as T];

export const longConfigFiles = (files: AuthoredConfigFiles): LongConfigFiles =>
  mapValues(files, (file) => (typeof file === 'string' ? { content: file } : compact(file)));
