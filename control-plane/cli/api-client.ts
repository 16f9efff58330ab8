/** The HTTP API as the commands use it: a problem becomes a CliError, silence one with exit code 5. */
import type { z } from 'zod';
import { problemSchema } from '../api/http/problem.ts';
import { CliError, connectionLost, refused } from './cli-error.ts';
import type { Connection } from './connection.ts';
import { EXIT } from './exit-codes.ts';

const ANSWER_WITHIN_MS = 60_000;

interface RequestOptions {
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export class ApiClient {
  #connection: Connection;
  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get connection(): Connection {
    return this.#connection;
  }

  /** After a restart of a control plane on this machine; false when nothing has changed. */
  renew(): boolean {
    const now = this.#connection.reread?.() ?? null;
    if (now === null || (now.url === this.#connection.url && now.key === this.#connection.key)) return false;
    this.#connection = now;
    return true;
  }

  async get<S extends z.ZodType>(path: string, schema: S, query: RequestOptions['query'] = {}): Promise<z.output<S>> {
    return this.#json('GET', path, schema, { query: query ?? {} });
  }

  async post<S extends z.ZodType>(
    path: string,
    schema: S,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<z.output<S>> {
    return this.#json('POST', path, schema, { body, headers });
  }

  async delete<S extends z.ZodType>(path: string, schema: S): Promise<z.output<S>> {
    return this.#json('DELETE', path, schema, {});
  }

  /** Bytes as they come. */
  async *bytes(path: string, query: RequestOptions['query'], signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const response = await this.#send('GET', path, { query: query ?? {} }, signal);
    if (response.body === null) return;
    try {
      for await (const part of response.body) yield part as Uint8Array;
    } catch (error) {
      if (signal.aborted) return;
      throw connectionLost(this.connection.url, error);
    }
  }

  async #json<S extends z.ZodType>(
    method: string,
    path: string,
    schema: S,
    options: RequestOptions,
  ): Promise<z.output<S>> {
    const response = await this.#send(method, path, options, AbortSignal.timeout(ANSWER_WITHIN_MS));
    const parsed = schema.safeParse(await this.#body(response));
    if (parsed.success) return parsed.data;
    throw new CliError(EXIT.FAILED, [
      `${this.connection.url} answered ${method} ${path} in an unknown form: is it another release of Fairlead?`,
    ]);
  }

  async #send(method: string, path: string, options: RequestOptions, signal: AbortSignal): Promise<Response> {
    const url = new URL(`/api/v1${path}`, this.connection.url);
    for (const [name, value] of Object.entries(options.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    let response: Response;
    try {
      response = await fetch(url, {
        method,
        signal,
        headers: {
          authorization: `Bearer ${this.connection.key}`,
          ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...options.headers,
        },
        ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      });
    } catch (error) {
      throw connectionLost(this.connection.url, error);
    }
    if (response.ok) return response;
    // Nothing was done with a key that is refused, so it can be sent again.
    if (response.status === 401 && this.renew()) return this.#send(method, path, options, signal);
    const problem = problemSchema.safeParse(await this.#body(response));
    if (problem.success) throw refused(problem.data);
    const message = `${url.origin} answered ${response.status} ${response.statusText}, which is no answer of Fairlead: check --server.`;
    throw new CliError(EXIT.FAILED, [message]);
  }

  async #body(response: Response): Promise<unknown> {
    try {
      return JSON.parse(await response.text());
    } catch (error) {
      if (error instanceof SyntaxError) return null;
      throw connectionLost(this.connection.url, error);
    }
  }
}

export const segment = (text: string): string => encodeURIComponent(text);
