/** Binds one row of the route table to express: authenticate → parse everything → one use case → present. */
import express from 'express';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import type { UseCases } from '../../app/use-cases.ts';
import { authenticate } from './credentials.ts';
import { parsePart } from './parse-request.ts';
import type { ProblemFailure } from './problem.ts';
import { RequestError } from './problem.ts';
import type { Route } from './route.ts';
import { sendText } from './send-text.ts';

const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 visible ASCII characters')
  .optional();

export function serveRoute(route: Route, useCases: UseCases, ownOrigins: readonly string[]): RequestHandler[] {
  const mayChange = route.method !== 'get';
  const identify: RequestHandler = async (request, response, next) => {
    // Before the body is read: who is not known may not make us parse megabytes.
    response.locals['actor'] = await authenticate(useCases, request, mayChange, ownOrigins);
    next();
  };
  const run: RequestHandler = async (request, response) => {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const call = { ...parse(route, request), useCases, actor: response.locals['actor'], signal: gone.signal };
    const reply = await route.run(call);
    response.set(reply.headers ?? {});
    if ('text' in reply) return sendText(response, reply.text);
    response.status(reply.status ?? 200);
    if (reply.body === null || reply.body === undefined) response.end();
    else response.json(reply.body);
    return undefined;
  };
  return route.body === undefined
    ? [identify, run]
    : [identify, requireJson, express.json({ limit: route.bodyLimit, strict: false }), run];
}

function parse(route: Route, request: Request) {
  const failures: ProblemFailure[] = [];
  const take = <S extends z.ZodType>(
    schema: S | undefined,
    value: unknown,
    part: 'path' | 'query' | 'body',
  ): z.output<S> | undefined => {
    if (schema === undefined) return undefined;
    const result = parsePart(schema, value, part);
    if ('value' in result) return result.value;
    failures.push(...result.failures);
    return undefined;
  };
  const parameters = take(route.parameters, request.params, 'path');
  const query = take(route.query ?? NO_QUERY, request.query, 'query');
  const body = take(route.body, request.body, 'body');
  let key: string | undefined;
  if (route.takesIdempotencyKey) {
    const result = parsePart(z.object({ 'Idempotency-Key': idempotencyKey }), idempotencyHeader(request), 'header');
    if ('value' in result) key = result.value['Idempotency-Key'];
    else failures.push(...result.failures);
  }
  if (failures.length > 0) throw new RequestError('INVALID_INPUT', failures);
  return { parameters, query, body, idempotencyKey: key };
}

const NO_QUERY = z.strictObject({});

function idempotencyHeader(request: Request): { 'Idempotency-Key'?: string } {
  const value = request.get('idempotency-key');
  return value === undefined ? {} : { 'Idempotency-Key': value };
}

/** A form of another site cannot send JSON; what is not JSON is refused instead of ignored. */
function requireJson(request: Request, _response: Response, next: NextFunction): void {
  if (request.is('application/json') !== false) return next();
  throw new RequestError('INVALID_INPUT', [
    {
      code: 'INVALID_INPUT',
      field: 'body',
      reason: 'body: is missing, or is not JSON.',
      mend: 'Send JSON with `Content-Type: application/json`.',
    },
  ]);
}
