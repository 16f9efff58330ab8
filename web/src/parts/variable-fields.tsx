import type { AskedVariable } from '@fairlead/proto/live.ts';
import { type ReactNode, useId } from 'react';

interface VariableFieldsProps {
  readonly variables: readonly AskedVariable[];
  readonly values: Readonly<Record<string, string>>;
  /** Name → what is wrong with its value. */
  readonly problems: ReadonlyMap<string, string>;
  readonly change: (name: string, value: string) => void;
}

/** One field for each: what it is for, what it may be, and why it was refused. */
export function VariableFields({ variables, values, problems, change }: VariableFieldsProps): ReactNode {
  return variables.map((variable) => (
    <VariableField
      key={variable.name}
      variable={variable}
      value={values[variable.name] ?? ''}
      problem={problems.get(variable.name) ?? null}
      change={(value) => change(variable.name, value)}
    />
  ));
}

function VariableField({
  variable,
  value,
  problem,
  change,
}: {
  readonly variable: AskedVariable;
  readonly value: string;
  readonly problem: string | null;
  readonly change: (value: string) => void;
}): ReactNode {
  const id = useId();
  const { name, required, description, values } = variable;
  const about = {
    id,
    value,
    'aria-required': required,
    'aria-invalid': problem !== null,
    'aria-describedby': `${id}-hint ${id}-problem`,
  };
  return (
    <div className="field" data-variable={name}>
      <label htmlFor={id}>
        {name} <span className="hint">({required ? 'required' : 'optional'})</span>
      </label>
      {values.length === 0 ? (
        <input {...about} onChange={(event) => change(event.target.value)} autoComplete="off" />
      ) : (
        <select {...about} onChange={(event) => change(event.target.value)}>
          {!values.includes(value) && <option value={value}>{value === '' ? 'Choose…' : value}</option>}
          {values.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      )}
      <span id={`${id}-hint`} className="hint">
        {[description, hintOf(variable)].filter((text) => text !== '').join(' · ')}
      </span>
      <span id={`${id}-problem`} className="field-problem" role={problem === null ? undefined : 'alert'}>
        {problem}
      </span>
    </div>
  );
}

function hintOf({ type, pattern, default: initial, values }: AskedVariable): string {
  const parts = [
    type === 'text' || values.length > 0 ? '' : TYPES[type],
    pattern === null ? '' : `matches ${pattern}`,
    initial === null ? '' : `default ${initial === '' ? 'is empty' : initial}`,
  ];
  return parts.filter((part) => part !== '').join(' · ');
}

const TYPES = {
  text: '',
  number: 'a number',
  email: 'an e-mail address',
  service: 'a service',
  environment: 'an environment',
  infrastructure: 'an infrastructure of the environment',
} as const satisfies Record<AskedVariable['type'], string>;
