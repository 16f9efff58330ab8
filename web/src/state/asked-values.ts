/** What a form that asks a person begins with, and what of it is sent. */
import type { AskedVariable } from '@fairlead/proto/live.ts';

export type Values = Readonly<Record<string, string>>;

export const defaultsOf = (variables: readonly AskedVariable[]): Values =>
  Object.fromEntries(variables.map((each) => [each.name, each.default ?? '']));

/** Only what differs: what was left alone follows the definition. */
export const changedValues = (variables: readonly AskedVariable[], values: Values): Values =>
  Object.fromEntries(
    variables.flatMap(({ name, default: initial }) => {
      const value = values[name] ?? '';
      return value === (initial ?? '') ? [] : [[name, value]];
    }),
  );

/** What can be told without asking; the control plane looks at every value itself. */
export function problemsIn(variables: readonly AskedVariable[], values: Values): ReadonlyMap<string, string> {
  return new Map(
    variables.flatMap(({ name, required }) =>
      required && (values[name] ?? '').trim() === '' ? [[name, 'It needs a value.']] : [],
    ),
  );
}
