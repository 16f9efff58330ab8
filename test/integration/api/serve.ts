/** A real HTTP server over fake use cases, on a free port. */
import { randomBytes } from 'node:crypto';
import type { System } from '@fairlead/proto/model/system.ts';
import { pino } from 'pino';
import { startHttp } from '../../../control-plane/api/http/start-http.ts';
import type { HttpServer } from '../../../control-plane/api/http/start-http.ts';
import { ADMIN_KEY, FakeUseCases } from './fake-use-cases.ts';

export interface Served {
  readonly http: HttpServer;
  readonly useCases: FakeUseCases;
  readonly logged: string[];
  /** With the administrator's key, unless headers say otherwise; `body` is sent as JSON. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly raw?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

export const realSystem: Pick<System, 'clock' | 'scheduler' | 'ids'> = {
  clock: { now: () => Date.now(), monotonic: () => performance.now() },
  scheduler: {
    after: (ms, task) => {
      const timer = setTimeout(task, ms);
      return { cancel: () => clearTimeout(timer) };
    },
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  },
  ids: { unique: (prefix) => `${prefix}${randomBytes(6).toString('hex')}` },
};

export async function serve(
  options: {
    readonly webDirectory?: string;
    readonly publicUrl?: string;
    readonly useCases?: FakeUseCases;
    readonly port?: number;
  } = {},
): Promise<Served> {
  const useCases = options.useCases ?? new FakeUseCases();
  const logged: string[] = [];
  const http = await startHttp({
    port: options.port ?? 0,
    useCases,
    webDirectory: options.webDirectory ?? null,
    logger: pino({ level: 'warn' }, { write: (line: string) => void logged.push(line) }),
    system: realSystem,
    ...(options.publicUrl === undefined ? {} : { publicUrl: options.publicUrl }),
  });
  const call: Served['call'] = async (method, path, { body, raw, headers = {} } = {}) => {
    const content = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(`${http.url}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        authorization: `Bearer ${ADMIN_KEY}`,
        ...(content === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(content === undefined ? {} : { body: content }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    const json = (isJson ? JSON.parse(text) : {}) as Record<string, unknown>;
    return { status: response.status, headers: response.headers, text, json };
  };
  return { http, useCases, logged, call };
}
