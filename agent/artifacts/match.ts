import { RE2JS } from 're2js';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';

/**
 * The author's pattern for file names: the whole name must match, and its group `build` is the build. It runs on an
 * engine whose time is linear in the name, whatever the pattern.
 */
export function buildPattern(pattern: string): (fileName: string) => string | null {
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new FailureError(
      failure('INVALID_INPUT', `'${pattern}' is no regular expression: ${why}`, { field: 'match' }),
    );
  }
  if (!Object.hasOwn(compiled.namedGroups(), 'build')) {
    throw new FailureError(
      failure('INVALID_INPUT', `'${pattern}' has no group named build: write (?<build>…) around the build number`, {
        field: 'match',
      }),
    );
  }
  return (fileName) => {
    const matcher = compiled.matcher(fileName);
    if (!matcher.matches()) return null;
    const build = matcher.group('build');
    return build === null || build === '' ? null : build;
  };
}

const natural = new Intl.Collator('en', { numeric: true });

/** Newest first: numbers inside compare as numbers, so 10 comes before 9 and 1.10 before 1.9. */
export const newestFirst = (left: { readonly build: string }, right: { readonly build: string }): number =>
  natural.compare(right.build, left.build);
