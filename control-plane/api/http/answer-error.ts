/** The last handler: whatever was thrown becomes a problem; a bug is logged and told without its insides. */
import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import type { Route } from './route.ts';
import { internalProblem, PROBLEM_TYPE, problemOf, RequestError } from './problem.ts';
import type { ProblemBody } from './problem.ts';

export function sendProblem(response: Response, problem: ProblemBody): void {
  response.status(problem.status).set('Content-Type', PROBLEM_TYPE);
  if (problem.code === 'UNAUTHENTICATED') response.set('WWW-Authenticate', 'Bearer');
  if (problem.code === 'OVERLOADED' || problem.code === 'UNAVAILABLE') response.set('Retry-After', '1');
  response.send(JSON.stringify(problem));
}

export function answerError(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const requestId = String(response.locals['requestId']);
    if (response.headersSent) {
      // A stream broke in the middle: cutting it is the only way left to say so.
      logger.warn({ err: error, requestId }, 'an answer broke off');
      response.destroy();
      return;
    }
    const problem = problemOf(asRequestError(error) ?? error, requestId);
    if (problem === null) {
      logger.error({ err: error, requestId, method: request.method, path: request.path }, 'a request met a bug');
      sendProblem(response, internalProblem(requestId));
    } else sendProblem(response, problem);
    void next;
  };
}

/** What express and its body parser throw for requests they cannot read. */
function asRequestError(error: unknown): RequestError | null {
  if (!(error instanceof Error)) return null;
  const status = 'status' in error && typeof error.status === 'number' ? error.status : 0;
  const type = 'type' in error ? String(error.type) : '';
  if (type === 'entity.too.large') {
    const limit = 'limit' in error ? ` of ${String(error.limit)} bytes` : '';
    return invalid('TOO_LARGE', 'body', `The body exceeds the limit${limit}.`, 'Send less, or in parts.');
  }
  if (type === 'entity.parse.failed') {
    return invalid('INVALID_INPUT', 'body', `The body is not JSON: ${error.message}.`, 'Send valid JSON.');
  }
  if (error instanceof URIError || (status === 400 && error.message.startsWith('Failed to decode'))) {
    return invalid('INVALID_INPUT', 'path', 'The path is not well encoded.', 'Encode it with percent signs, as UTF-8.');
  }
  if (status >= 400 && status < 500) {
    return invalid('INVALID_INPUT', 'body', `The request cannot be read: ${error.message}.`, 'Send JSON as UTF-8.');
  }
  return null;
}

/** No such route: says which methods there are, if the path is known. */
export function answerUnknown(routes: readonly Route[]): RequestHandler {
  return (request) => {
    const path = request.path;
    const methods = routes.filter((each) => patternOf(each.path).test(path)).map((each) => each.method.toUpperCase());
    const mend =
      methods.length === 0
        ? 'See /api/v1/openapi.json for what there is.'
        : `This path takes ${[...new Set(methods)].join(' and ')}.`;
    throw invalid('NOT_FOUND', 'path', `There is no ${request.method} ${request.baseUrl}${path}.`, mend);
  };
}

const patternOf = (path: string): RegExp => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}/?$`);

function invalid(
  code: 'INVALID_INPUT' | 'TOO_LARGE' | 'NOT_FOUND',
  field: string,
  reason: string,
  mend: string,
): RequestError {
  return new RequestError(code, [{ code, field, reason, mend }]);
}
