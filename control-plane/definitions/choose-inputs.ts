/** Values of the inputs of a workflow, as given or by default; what is wrong with each. */
import type { Failure } from '@fairlead/proto/model/failure.ts';
import type { Entity } from './catalog.ts';
import { checkInputValue } from './input-value.ts';
import { own } from './json-values.ts';
import { whatExists } from './nearest.ts';
import { refuse } from './refuse.ts';
import { completeInputsOf, type CompleteInput } from './workflow-inputs.ts';

export function chooseInputs(
  workflow: Entity<'workflow'>,
  given: Readonly<Record<string, string>>,
  failures: Failure[],
): Readonly<Record<string, string>> {
  const inputs = completeInputsOf(workflow.spec);
  const names = Object.keys(inputs);
  for (const name of Object.keys(given)) {
    if (own(inputs, name) !== undefined || name === IMPLICIT_INFRASTRUCTURE) continue;
    failures.push(
      refuse(
        `variables.${name}`,
        `the workflow '${workflow.name}' has no input '${name}'`,
        whatExists(name, names, 'input'),
        names,
      ),
    );
  }
  const chosen: Record<string, string> = {};
  for (const [name, input] of Object.entries(inputs)) {
    const value = chooseValue(name, input, own(given, name), failures);
    if (value !== undefined) chosen[name] = value;
  }
  const infrastructure = own(given, IMPLICIT_INFRASTRUCTURE);
  if (infrastructure !== undefined && chosen[IMPLICIT_INFRASTRUCTURE] === undefined) {
    chosen[IMPLICIT_INFRASTRUCTURE] = infrastructure;
  }
  return chosen;
}

/** Where the environment is asked for, the infrastructure follows: it may be given too, and must be where there are several. */
export const IMPLICIT_INFRASTRUCTURE = 'Infrastructure';

export function chooseValue(
  name: string,
  input: CompleteInput,
  given: string | undefined,
  failures: Failure[],
): string | undefined {
  const field = `variables.${name}`;
  if (given !== undefined && input.fixed === true && given !== input.default) {
    failures.push(refuse(field, `the input '${name}' is fixed`, 'Leave it out.'));
    return input.default;
  }
  const value = given ?? input.default;
  if (value === undefined || (value === '' && input.required)) {
    if (!input.required) return undefined;
    const existing = input.values ?? [];
    const hint = input.pattern === undefined ? '' : ` that matches ${input.pattern}`;
    const mend =
      existing.length === 0
        ? `Give it a value${hint}: --var ${name}=…`
        : `Give one of ${existing.join(', ')}: --var ${name}=…`;
    failures.push(refuse(field, `the input '${name}' has no value and is required`, mend, existing));
    return undefined;
  }
  for (const { reason, mend } of checkInputValue(value, input)) {
    failures.push(refuse(field, `input '${name}': ${reason}`, mend, input.values ?? []));
  }
  return value;
}
