import { isVariableName, references, type Scope } from '@fairlead/proto/expressions/index.ts';
import { createPatterns } from '@fairlead/proto/expressions/patterns.ts';
import { Problem } from '@fairlead/proto/expressions/problem.ts';
import type { LongInput, LongWorkflow } from './long-form.ts';
import type { Path, Report } from './problem.ts';
import { checkText } from './check-text.ts';
import { checkInputValue } from './input-value.ts';
import { completeInputsOf, entitySettings, templatized, type CompleteInput } from './workflow-inputs.ts';

/** `within`: what expressions mean somewhere in the workflow. */
export function validateInputs(spec: LongWorkflow, within: Scope, report: Report): void {
  const kinds = new Map<string, string>();
  for (const { kind: setting, written, path } of entitySettings(spec)) {
    const name = templatized(written);
    if (name === null) {
      if (written.includes('${')) {
        report(
          path,
          `'${setting}' is a name or one input alone`,
          `Write ${setting}: \${${capitalized(setting)}}, or a name.`,
        );
      }
      continue;
    }
    if (!isVariableName(name)) report(path, `'${name}' cannot be the name of an input`, 'Choose another name.');
    const before = kinds.get(name);
    if (before !== undefined && before !== setting) {
      report(path, `the input '${name}' chooses the ${before} already`, 'Use an input of another name.');
    }
    kinds.set(name, setting);
    const declared = spec.inputs?.[name]?.type;
    if (declared !== undefined && declared !== setting) {
      report(
        ['inputs', name, 'type'],
        `the input '${name}' chooses the ${setting}`,
        `Write type: ${setting}, or leave it out.`,
      );
    }
  }
  const complete = completeInputsOf(spec);
  validateDeclared(complete, spec.inputs ?? {}, report);
  for (const [name, { type, default: value = '' }] of Object.entries(complete)) {
    if (type === 'text') checkDefault(value, ['inputs', name, 'default'], within, report);
  }
}

/** Evaluated where the input is used. */
function checkDefault(value: string, path: Path, within: Scope, report: Report): void {
  if (references(value).some(({ root }) => root === 'secrets')) {
    const mend = 'Write the secret where it is used, or make it a variable of the service.';
    return report(path, 'the default of an input is shown to whoever starts the workflow, so it is no secret', mend);
  }
  checkText(value, path, within, report);
}

/** Those that were written down, each with everything that is known about it. */
export function validateDeclared(
  complete: Readonly<Record<string, CompleteInput>>,
  written: Readonly<Record<string, LongInput>>,
  report: Report,
): void {
  for (const [name, input] of Object.entries(complete)) {
    const path = ['inputs', name];
    if (written[name] === undefined) continue;
    if (input.fixed === true && input.default === undefined) {
      report([...path, 'fixed'], `the input '${name}' is fixed and has no value`, 'Add default: …', 'key');
    }
    if (input.of !== undefined && input.type !== 'service') {
      report([...path, 'of'], "'of' belongs to inputs that choose a service", 'Remove it.', 'key');
    }
    if (input.pattern !== undefined && !isPattern(input.pattern)) {
      report(
        [...path, 'pattern'],
        'this is no regular expression (RE2 syntax: no lookaround, no back-references)',
        'Mend the pattern.',
      );
      continue;
    }
    const { default: value } = input;
    if (value === undefined) continue;
    if (value === '' && input.required)
      report([...path, 'default'], 'a required input cannot be empty', 'Give it a value, or remove it.');
    for (const { reason, mend } of checkInputValue(value, input)) report([...path, 'default'], reason, mend);
  }
}

const capitalized = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);

function isPattern(pattern: string): boolean {
  try {
    createPatterns().matchesWhole(pattern, '', 0);
    return true;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return false;
  }
}
