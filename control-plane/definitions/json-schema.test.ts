import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { jsonSchema, jsonSchemaText } from './json-schema.ts';
import { STEPS } from './schema-steps.ts';

describe('the published JSON Schema', () => {
  it('is the one of this code (npx tsx deploy/schema/generate.ts writes it)', () => {
    const file = new URL('../../deploy/schema/fairlead-v1.json', import.meta.url);
    expect(readFileSync(file, 'utf8')).toBe(jsonSchemaText());
  });

  it('knows every step of the catalog', () => {
    const text = JSON.stringify(jsonSchema()['$defs']);
    for (const { key, summary } of STEPS) {
      expect(text).toContain(`"${key}"`);
      expect(text).toContain(JSON.stringify(summary));
    }
  });
});
