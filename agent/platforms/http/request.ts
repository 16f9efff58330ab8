import http from 'node:http';
import https from 'node:https';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';

export interface Request {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** Without a byte for so long it is given up. Milliseconds. */
  readonly idleTimeoutMs: number;
}

export interface Response {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Where the redirects led. */
  readonly url: string;
  readonly body: http.IncomingMessage;
}

const MAX_REDIRECTS = 5;
/** Sent to the origin that was asked, and to no other that it points at. */
const PRIVATE_HEADERS = /^(authorization|cookie|proxy-authorization|x-api-key|.*token.*|.*secret.*)$/i;

/**
 * Asks, follows redirects, and resolves when the headers are there. Rejects with a FailureError (UNREACHABLE, with
 * `details.sent` when all of the request has left; INVALID_INPUT).
 */
export async function request(wanted: Request): Promise<Response> {
  let current = wanted;
  for (let hops = 0; ; hops += 1) {
    const url = parse(current.url);
    const message = await send(url, current);
    const status = message.statusCode ?? 0;
    const location = message.headers.location;
    if (![301, 302, 303, 307, 308].includes(status) || location === undefined) {
      return { status, headers: message.headers, url: url.href, body: message };
    }
    message.resume();
    if (hops >= MAX_REDIRECTS) {
      throw new FailureError(failure('UNREACHABLE', `${wanted.url} redirects more than ${MAX_REDIRECTS} times`));
    }
    if (!URL.canParse(location, url.href)) {
      throw new FailureError(failure('UNREACHABLE', `${wanted.url} redirects to '${location}', which is no address`));
    }
    current = redirected(current, url, new URL(location, url), status);
  }
}

function redirected(from: Request, old: URL, url: URL, status: number): Request {
  const asGet = status === 303 || ((status === 301 || status === 302) && from.method === 'POST');
  const kept = Object.entries(from.headers).filter(
    ([name]) =>
      (url.origin === old.origin || !PRIVATE_HEADERS.test(name)) &&
      !(asGet && /^content-/i.test(name)) &&
      !/^host$/i.test(name),
  );
  const { body, ...rest } = from;
  return {
    ...rest,
    url: url.href,
    method: asGet && from.method !== 'HEAD' ? 'GET' : from.method,
    headers: Object.fromEntries(kept),
    ...(asGet || body === undefined ? {} : { body }),
  };
}

function parse(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new FailureError(failure('INVALID_INPUT', `'${text}' is no http(s) address`, { field: 'url' }));
}

function send(url: URL, wanted: Request): Promise<http.IncomingMessage> {
  const where = `${wanted.method} ${url.origin}${url.pathname}`;
  return new Promise((resolve, reject) => {
    let sent = (): boolean => false;
    const fail = (error: Error & { code?: string }): void =>
      reject(
        new FailureError(
          failure('UNREACHABLE', `${where}: ${explain(error)}`, {
            details: { errno: error.code ?? '', ...(sent() ? { sent: true } : {}) },
          }),
        ),
      );
    try {
      const outgoing = (url.protocol === 'https:' ? https : http).request(
        url,
        {
          method: wanted.method,
          headers: { 'user-agent': 'fairlead', accept: '*/*', ...wanted.headers, ...length(wanted) },
          signal: wanted.signal,
          timeout: wanted.idleTimeoutMs,
          agent: false,
        },
        resolve,
      );
      sent = () => outgoing.writableFinished;
      outgoing.once('timeout', () =>
        outgoing.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })),
      );
      outgoing.once('error', fail);
      outgoing.end(wanted.body);
    } catch (error) {
      // A header that HTTP does not allow is told by a throw.
      const why = error instanceof Error ? error.message : String(error);
      reject(new FailureError(failure('INVALID_INPUT', `${where} cannot be sent: ${why}`, { field: 'headers' })));
    }
  });
}

const length = ({ body }: Request): Record<string, string> =>
  body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };

function explain(error: Error & { code?: string }): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'nothing listens there';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its name does not resolve';
    case 'ETIMEDOUT':
      return 'no answer in time';
    case 'ECONNRESET':
      return 'the connection was closed without an answer';
    default:
      return error.message;
  }
}

/** The body as text, up to so many bytes; `cut` says that there was more. */
export async function readText(body: http.IncomingMessage, maxBytes: number): Promise<{ text: string; cut: boolean }> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      parts.push(chunk);
      size += chunk.length;
      if (size > maxBytes) break;
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new FailureError(failure('UNREACHABLE', `the answer broke off: ${why}`));
  }
  return { text: Buffer.concat(parts).subarray(0, maxBytes).toString('utf8'), cut: size > maxBytes };
}
