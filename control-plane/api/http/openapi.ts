/** OpenAPI 3.1, made of the same table that serves the requests: it cannot say anything else. */
import { z } from 'zod';
import { PROBLEM_TYPE, problemSchema } from './problem.ts';
import type { Route } from './route.ts';

type JsonSchema = Record<string, unknown>;

export interface OpenApi {
  readonly openapi: '3.1.0';
  readonly paths: Record<string, Record<string, JsonSchema>>;
  readonly components: { readonly schemas: Record<string, JsonSchema>; readonly securitySchemes: JsonSchema };
  readonly [rest: string]: unknown;
}

export function openApi(routes: readonly Route[], version: string): OpenApi {
  const schemas: Record<string, JsonSchema> = {};
  const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): JsonSchema => {
    const made = z.toJSONSchema(schema, { io, override: io === 'output' ? leaveOpen : () => {} });
    const { $defs, $schema: _, ...own } = made as JsonSchema & { $defs?: JsonSchema };
    for (const [name, part] of Object.entries($defs ?? {})) schemas[name] = relocate(part) as JsonSchema;
    const id = schema.meta()?.['id'];
    // A named schema that others name too is among its own definitions already.
    if (typeof id !== 'string' || '$ref' in own) return relocate(own) as JsonSchema;
    schemas[id] = relocate(own) as JsonSchema;
    return { $ref: `#/components/schemas/${id}` };
  };
  const paths: Record<string, Record<string, JsonSchema>> = {};
  const problem = schemaOf(problemSchema, 'output');
  for (const route of routes) (paths[route.path] ??= {})[route.method] = operation(route, schemaOf, problem);
  return {
    openapi: '3.1.0',
    info: { title: 'Fairlead', version, description: 'The control plane. Every failure is an RFC 9457 problem.' },
    servers: [{ url: '/api/v1' }],
    security: [{ bearer: [] }, { apiKey: [] }, { session: [] }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
        session: { type: 'apiKey', in: 'cookie', name: 'fairlead_session' },
      },
    },
  };
}

function operation(
  route: Route,
  schemaOf: (schema: z.ZodType, io: 'input' | 'output') => JsonSchema,
  problem: JsonSchema,
): JsonSchema {
  const success = Object.entries(route.statuses).map(([status, description]) => [
    status,
    {
      description,
      content:
        route.response === null
          ? { 'text/plain': { schema: { type: 'string' } } }
          : { 'application/json': { schema: schemaOf(route.response, 'output') } },
    },
  ]);
  return {
    operationId: route.operationId,
    summary: route.summary,
    tags: [route.tag],
    parameters: [
      ...parameters(route.parameters, 'path', schemaOf),
      ...parameters(route.query, 'query', schemaOf),
      ...(route.takesIdempotencyKey ? [IDEMPOTENCY_KEY] : []),
    ],
    ...(route.body === undefined
      ? {}
      : {
          requestBody: { required: true, content: { 'application/json': { schema: schemaOf(route.body, 'input') } } },
        }),
    responses: {
      ...Object.fromEntries(success),
      default: { description: 'What is wrong, all at once.', content: { [PROBLEM_TYPE]: { schema: problem } } },
    },
  };
}

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'The same key with the same request gives the same answer; with another request it is refused.',
  schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,200}$' },
};

function parameters(
  schema: z.ZodObject | undefined,
  place: 'path' | 'query',
  schemaOf: (schema: z.ZodType, io: 'input' | 'output') => JsonSchema,
): readonly JsonSchema[] {
  if (schema === undefined) return [];
  return Object.entries(schema.shape).map(([name, part]) => {
    // Shapes of objects hold schemas; zod types them by its core.
    const type = part as z.ZodType;
    const { description, ...own } = schemaOf(type, 'input');
    const required = place === 'path' || !type.safeParse(undefined).success;
    return { name, in: place, required, ...(description === undefined ? {} : { description }), schema: own };
  });
}

/** Answers may gain fields in a later release; requests with unknown ones are refused. */
function leaveOpen({ jsonSchema }: { readonly jsonSchema: { additionalProperties?: unknown } }): void {
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
}

/** `#/$defs/X` of a lone schema is `#/components/schemas/X` in the document. */
function relocate(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relocate);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, each]) => !(key === 'id' && typeof each === 'string'))
      .map(([key, each]) => [
        key,
        key === '$ref' && typeof each === 'string' ? each.replace('#/$defs/', '#/components/schemas/') : relocate(each),
      ]),
  );
}
