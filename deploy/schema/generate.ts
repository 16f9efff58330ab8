/** Writes fairlead-v1.json beside this file: `npx tsx deploy/schema/generate.ts && npx prettier --write deploy/schema`. */
import { writeFileSync } from 'node:fs';
import { jsonSchemaText } from '../../control-plane/definitions/json-schema.ts';

writeFileSync(new URL('fairlead-v1.json', import.meta.url), jsonSchemaText());
