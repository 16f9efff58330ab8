import type { Json, JsonObject } from '@fairlead/proto/model/json.ts';
import { asJson, compact, isJsonList, isJsonObject, mapValues } from './json-values.ts';
import { readKeyed, type ReadKeyed } from './keyed.ts';
import type { LongSection, LongStep, LongUnit } from './long-form.ts';
import { longStrategies } from './normalize-strategies.ts';
import { longAmount, longDuration, longList } from './normalize-values.ts';
import type { Path, Report } from './problem.ts';
import { STEP_COMMON_FIELDS, STEPS } from './schema-steps.ts';
import { UNIT_COMMON_FIELDS, UNITS } from './schema-units.ts';
import type { AuthoredSection } from './schema-workflow.ts';

const silent: Report = () => undefined;

/** A step of the long form (or an authored one whose problems have been told). */
export const readStep = (step: LongStep | string, path: Path = [], report: Report = silent): ReadKeyed | null =>
  readKeyed(STEPS, STEP_COMMON_FIELDS, step, path, report);

export const readUnit = (unit: LongUnit | string, path: Path = [], report: Report = silent): ReadKeyed | null =>
  readKeyed(UNITS, UNIT_COMMON_FIELDS, unit, path, report);

const DURATIONS = new Set([
  'timeout',
  'wait',
  'cancelGrace',
  'within',
  'retryFor',
  'healthyWithin',
  'drainFor',
  'every',
]);

/** One field of a step or unit, by its name: a name means the same everywhere. */
function longField(field: string, value: Json): Json {
  if (DURATIONS.has(field)) return longDuration(String(value));
  switch (field) {
    case 'skip':
      return String(value);
    case 'agents':
      return asJson(longList(value));
    case 'headers':
    case 'inputs':
      return isJsonObject(value) ? mapValues(value, String) : value;
    case 'outputs':
      return isJsonList(value) ? Object.fromEntries(value.map((each) => [String(each), 'string'])) : value;
    case 'publish':
      return isJsonObject(value) ? value : { name: value };
    case 'percent': {
      const amount = longAmount(typeof value === 'number' ? `${value}%` : String(value));
      return /^\d+$/.test(amount) ? `${amount}%` : amount;
    }
    case 'count':
      return longAmount(value as string | number); // The schema allows nothing else.
    default:
      return value;
  }
}

const longFields = (fields: JsonObject): JsonObject => mapValues(fields, (value, field) => longField(field, value));

function writeKeyed(read: ReadKeyed): JsonObject {
  return { [read.entry.key]: longFields(read.parameters), ...longFields(read.common) };
}

export function longSteps(steps: readonly (JsonObject | string)[], path: Path, report: Report): readonly LongStep[] {
  return steps.flatMap((step, index) => {
    const read = readStep(step, [...path, index], report);
    return read === null ? [] : [writeKeyed(read)];
  });
}

export function longUnits(units: readonly (JsonObject | string)[], path: Path, report: Report): readonly LongUnit[] {
  return units.flatMap((unit, index) => {
    const read = readUnit(unit, [...path, index], report);
    return read === null ? [] : [writeKeyed(read)];
  });
}

const written = (condition: string | boolean | undefined): string | undefined =>
  condition === undefined ? undefined : String(condition);

export function longSection(section: AuthoredSection, path: Path, report: Report): LongSection {
  if (Array.isArray(section)) return { steps: longSteps(section, path, report) };
  const { steps, parallel, skip, wait, onFailure } = section as Exclude<AuthoredSection, readonly unknown[]>;
  return compact({
    steps: steps && longSteps(steps, [...path, 'steps'], report),
    parallel,
    skip:
      typeof skip === 'object'
        ? skip.map(({ when, steps: only }) => ({ when: String(when), steps: only }))
        : written(skip),
    wait: wait && longDuration(wait),
    onFailure: onFailure && longStrategies(onFailure, [...path, 'onFailure'], report, true),
  });
}
