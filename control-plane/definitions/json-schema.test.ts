import { describe, expect, it } from 'vitest';
import { jsonSchema, jsonSchemaText } from './json-schema.ts';
import { STEPS } from './schema-steps.ts';

describe('the published JSON Schema', () => {
  it('is the one of this code: npx vitest run control-plane/definitions/json-schema.test.ts -u writes it', async () => {
    await expect(jsonSchemaText()).toMatchFileSnapshot('../../deploy/schema/fairlead-v1.json');
  });

  it('knows every step of the catalog', () => {
    const text = JSON.stringify(jsonSchema()['$defs']);
    for (const { key, summary } of STEPS) {
      expect(text).toContain(`"${key}"`);
      expect(text).toContain(JSON.stringify(summary));
    }
  });
});
