/**
 * Does a step name the host it runs for, which makes it run once for each of them (orchestration 4.10)? Also by way of what
 * it names: a variable of the service, the workflow or the pipeline, a default, a config file.
 */
import { references, type Language } from '@fairlead/proto/expressions/index.ts';
import type { Json, JsonObject } from '@fairlead/proto/model/json.ts';
import { isJsonList, isJsonObject, own } from './json-values.ts';

const HOST_ROOTS = new Set(['instance', 'host']);
/** As deep as the evaluator goes. */
const MAX_DEPTH = 5;

/** `families`: what expressions mean where the step stands. */
export const namesHosts = (parameters: JsonObject, families: JsonObject): boolean =>
  Object.entries(parameters).some(([field, value]) =>
    inValue(value, families, field === 'assert' ? ['text', 'condition'] : ['text'], 0),
  );

function inValue(value: Json, families: JsonObject, languages: readonly Language[], depth: number): boolean {
  if (typeof value === 'string') {
    return languages.some((language) =>
      references(value, language).some(({ root, members }) => {
        if (HOST_ROOTS.has(root)) return true;
        const meant = depth < MAX_DEPTH ? at(families, [root, ...members]) : undefined;
        return meant !== undefined && inValue(meant, families, ['text'], depth + 1);
      }),
    );
  }
  if (isJsonList(value)) return value.some((each) => inValue(each, families, languages, depth));
  return isJsonObject(value) && Object.values(value).some((each) => inValue(each, families, languages, depth));
}

/** A family alone is no value. */
function at(families: JsonObject, path: readonly string[]): Json | undefined {
  let value: Json | undefined = path.length < 2 ? undefined : families;
  for (const name of path) value = isJsonObject(value) ? own(value, name) : undefined;
  return value;
}
