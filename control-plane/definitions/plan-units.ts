import { parseDuration } from '@fairlead/proto/model/duration.ts';
import { failure } from '@fairlead/proto/model/failure.ts';
import type { Json, JsonObject } from '@fairlead/proto/model/json.ts';
import { compact, own } from './json-values.ts';
import type { LongUnit } from './long-form.ts';
import { whatExists } from './nearest.ts';
import { readUnit } from './normalize-steps.ts';
import type { StepContext } from './plan-steps.ts';
import { secretAsTemplate } from './secret.ts';
import { UNITS } from './schema-units.ts';

/** The units of a command, those of nested commands in their place, each with a name of its own. */
export function flattenCommand(name: string, context: StepContext): readonly Json[] {
  const names = new Set<string>();
  return flatten(name, context, []).map((unit) => {
    const base = String(unit['name']);
    let unique = base;
    for (let number = 2; names.has(unique); number += 1) unique = `${base} ${number}`;
    names.add(unique);
    return { ...unit, name: unique };
  });
}

function flatten(name: string, context: StepContext, trail: readonly string[]): readonly JsonObject[] {
  const units = own(context.commands, name);
  if (units === undefined) {
    const existing = Object.keys(context.commands);
    const message = `the service has no command '${name}'. ${whatExists(name, existing, 'command')}`;
    context.failures.push(failure('INVALID_INPUT', message, { field: 'service', details: { existing } }));
    return [];
  }
  if (trail.includes(name)) {
    const message = `the command '${name}' runs itself: ${[...trail, name].join(' → ')}`;
    context.failures.push(failure('INVALID_INPUT', message, { field: 'service' }));
    return [];
  }
  return units.flatMap((unit) => planUnit(unit, context, [...trail, name]));
}

function planUnit(unit: LongUnit, context: StepContext, trail: readonly string[]): readonly JsonObject[] {
  const read = readUnit(unit);
  const row = UNITS.find((each) => each.key === read?.entry.key);
  if (read === null || row === undefined) throw new Error('a stored unit is none of the language');
  const { parameters } = read;
  if (row.unit === 'COMMAND') return flatten(String(parameters['command']), context, trail);
  const { in: workingDirectory, within, port, password, ...rest } = parameters;
  return [
    compact({
      unit: row.unit,
      name: String(read.common['name'] ?? row.title),
      ...rest,
      workingDirectory,
      withinMs: within === undefined ? undefined : (parseDuration(String(within)) ?? 0),
      port,
      password: password === undefined ? undefined : secretAsTemplate(String(password)),
    }) as JsonObject, // `compact` leaves out what is undefined.
  ];
}
