import { nearestName } from '@fairlead/proto/expressions/names.ts';

/** The existing name that was probably meant, or null. */
export const nearest = (wanted: string, existing: readonly string[]): string | null =>
  nearestName(wanted, existing) ?? existing.find((each) => each.toLowerCase() === wanted.toLowerCase()) ?? null;

/** ` Did you mean 'x'?` or what exists instead. */
export function whatExists(wanted: string, existing: readonly string[], what: string): string {
  const near = nearest(wanted, existing);
  if (near !== null) return `Did you mean '${near}'?`;
  if (existing.length === 0) return `There is no ${what} yet: define one.`;
  const shown = existing.slice(0, 20).map((name) => `'${name}'`);
  const more = existing.length > shown.length ? ` and ${existing.length - shown.length} more` : '';
  return `Existing: ${shown.join(', ')}${more}.`;
}
