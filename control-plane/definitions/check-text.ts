import { checkExpressions, references, type Scope } from '@fairlead/proto/expressions/index.ts';
import { SECRET_MEND, SECRET_PREFIX } from './fields.ts';
import { nearest } from './nearest.ts';
import type { Path, Report } from './problem.ts';
import { secretName, soundsSecret } from './secret.ts';

export interface TextRules {
  readonly language?: 'text' | 'condition';
  /** Families that are no longer or not yet known at this place, with the reason. */
  readonly unknownHere?: { readonly roots: readonly string[]; readonly why: string };
  readonly onAgent?: boolean;
}

/** Reports what is sure to fail when the text is evaluated. */
export function checkText(text: string, path: Path, within: Scope, report: Report, rules: TextRules = {}): void {
  const language = rules.language ?? 'text';
  if (language === 'text' && !text.includes('${')) return;
  const named = references(text, language);
  const misplaced = named.find(({ root }) => rules.unknownHere?.roots.includes(root) === true);
  if (misplaced !== undefined && rules.unknownHere !== undefined) {
    report(
      path,
      `'${misplaced.root}' is not known here: ${rules.unknownHere.why}`,
      'Move it to a section of the deployment.',
    );
    return;
  }
  for (const { root, members, complete } of named) {
    if (root !== 'secrets' || !complete || members[0] === undefined) continue;
    if (secretName(SECRET_PREFIX + members[0]) === null) {
      report(
        path,
        `there is no secret '${members[0]}'`,
        'Only secrets an agent reads itself exist so far: write file:/path or env:NAME.',
      );
    }
  }
  for (const failure of checkExpressions(text, language, within, { onAgent: rules.onAgent ?? false })) {
    const existing = failure.details?.['existing'];
    const known = Array.isArray(existing) ? existing.map(String) : [];
    const wrong = /'([^']+)'/.exec(failure.message)?.[1]?.split('.').at(-1) ?? '';
    const near = nearest(wrong, known);
    const list = known.length === 0 || known.length > MAX_LISTED ? '' : `Existing: ${known.join(', ')}.`;
    const mend = [near === null ? '' : `Did you mean '${near}'?`, list].filter((each) => each !== '').join(' ');
    // The mend says the same in its own words.
    const reason = failure.message.replace(/ \(did you mean '[^']*'\?\)/, '').replace(/; it has [^;]*$/, '');
    report(path, reason, mend === '' ? 'Mend the expression.' : mend);
  }
}

const MAX_LISTED = 12;

/** A value that people give a name: never empty, a secret only by reference. */
export function checkValue(name: string, value: string, path: Path, report: Report): boolean {
  if (value === '') {
    report(path, `'${name}' is empty`, 'Give it a value, or remove it.');
    return false;
  }
  if (value.startsWith(SECRET_PREFIX) && secretName(value) === null) {
    report(path, 'this names no secret that exists', SECRET_MEND);
    return false;
  }
  if (soundsSecret(name) && secretName(value) === null && !value.includes('${')) {
    report(path, `'${name}' looks like a secret and stands here in the clear`, SECRET_MEND);
    return false;
  }
  return true;
}
