import { z } from 'zod';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import { asJson, isJsonObject } from './json-values.ts';
import { document } from './schema.ts';

/** The language as JSON Schema, for editors. It is looser than the checks: these also know what refers to what. */
export function jsonSchema(): JsonObject {
  const generated = asJson(z.toJSONSchema(document, { io: 'input', target: 'draft-2020-12' }));
  if (!isJsonObject(generated)) throw new Error('a JSON Schema is an object');
  return {
    ...generated,
    title: 'Fairlead definitions, version 1',
    description:
      'Applications, services, environments, workflows and pipelines. Short forms and long forms are both possible.',
  };
}

/** As it stands in deploy/schema. */
export const jsonSchemaText = (): string => `${JSON.stringify(jsonSchema(), null, 2)}\n`;
