/** One row of the route table: how a request is parsed, which use case it calls, and what comes back. */
import type { z } from 'zod';
import type { Actor } from '../../app/authorize.ts';
import type { UseCases } from '../../app/use-cases.ts';

export type Method = 'get' | 'post' | 'put' | 'delete';

type Shape = z.ZodObject;
type Parsed<S extends z.ZodType | undefined> = S extends z.ZodType ? z.output<S> : undefined;

/** What a handler gets: everything parsed, nothing raw. */
export interface Call<P, Q, B> {
  readonly useCases: UseCases;
  readonly actor: Actor;
  readonly parameters: P;
  readonly query: Q;
  readonly body: B;
  readonly idempotencyKey: string | undefined;
  /** Fires when the caller went away. */
  readonly signal: AbortSignal;
}

export interface Reply<R> {
  /** 200 unless told otherwise. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: R;
}

interface RouteSpec<
  P extends Shape | undefined,
  Q extends Shape | undefined,
  B extends z.ZodType | undefined,
  R extends z.ZodType,
> {
  readonly method: Method;
  /** As in OpenAPI: `/executions/{id}`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly tag: string;
  readonly parameters?: P;
  readonly query?: Q;
  readonly body?: B;
  /** Bytes; 256 KB unless told otherwise. */
  readonly bodyLimit?: number;
  readonly takesIdempotencyKey?: true;
  /** Statuses of success with one meaning each; the first is the usual one. */
  readonly statuses: Readonly<Record<number, string>>;
  readonly response: R;
  readonly handle: (call: Call<Parsed<P>, Parsed<Q>, Parsed<B>>) => Promise<Reply<z.input<R>>>;
}

interface StreamSpec<P extends Shape | undefined, Q extends Shape | undefined> {
  readonly method: 'get';
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly tag: string;
  readonly parameters?: P;
  readonly query?: Q;
  readonly statuses: Readonly<Record<number, string>>;
  /** Plain text, sent as it comes. The handler has checked everything before it returns. */
  readonly stream: (
    call: Call<Parsed<P>, Parsed<Q>, undefined>,
  ) => Promise<{ readonly headers: Readonly<Record<string, string>>; readonly text: AsyncIterable<Uint8Array> }>;
}

interface RawCall extends Call<unknown, unknown, unknown> {}

/** A route whose types were checked where it was written. */
export interface Route {
  readonly method: Method;
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly tag: string;
  readonly parameters: Shape | undefined;
  readonly query: Shape | undefined;
  readonly body: z.ZodType | undefined;
  readonly bodyLimit: number;
  readonly takesIdempotencyKey: boolean;
  readonly statuses: Readonly<Record<number, string>>;
  /** Null: plain text. */
  readonly response: z.ZodType | null;
  readonly run: (call: RawCall) => Promise<Reply<unknown> | StreamReply>;
}

export interface StreamReply {
  readonly headers: Readonly<Record<string, string>>;
  readonly text: AsyncIterable<Uint8Array>;
}

const DEFAULT_BODY_LIMIT = 262_144;

export function route<
  R extends z.ZodType,
  P extends Shape | undefined = undefined,
  Q extends Shape | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(spec: RouteSpec<P, Q, B, R>): Route {
  return {
    ...spec,
    parameters: spec.parameters,
    query: spec.query,
    body: spec.body,
    bodyLimit: spec.bodyLimit ?? DEFAULT_BODY_LIMIT,
    takesIdempotencyKey: spec.takesIdempotencyKey ?? false,
    // The caller (serve-route) parsed the raw call with exactly these schemas.
    run: (call) => spec.handle(call as Call<Parsed<P>, Parsed<Q>, Parsed<B>>),
  };
}

export function textRoute<P extends Shape | undefined = undefined, Q extends Shape | undefined = undefined>(
  spec: StreamSpec<P, Q>,
): Route {
  const { stream, ...rest } = spec;
  return {
    ...rest,
    parameters: spec.parameters,
    query: spec.query,
    body: undefined,
    bodyLimit: 0,
    takesIdempotencyKey: false,
    response: null,
    // As above.
    run: (call) => stream(call as Call<Parsed<P>, Parsed<Q>, undefined>),
  };
}
