/**
 * The messages of `agent.proto`, field by field, and the types made of them. A test holds this table and the .proto to
 * the same names, numbers and types.
 */
export const MESSAGES = {
  EnrollRequest: { token: [1, 'string'], name: [2, 'string'], credential_sha256: [3, 'string'] },
  EnrollReply: { agent_id: [1, 'string'], name: [2, 'string'] },
  Heartbeat: { number: [1, 'uint64'], running: [2, 'uint32'], waiting: [3, 'uint32'], draining: [4, 'bool'] },
  ReportMessage: { id: [1, 'string'], body: [2, 'string'] },
  Answer: { request: [1, 'uint64'], body: [2, 'string'] },
  Goodbye: {},
  HeartbeatAck: { number: [1, 'uint64'] },
  Ack: { report: [1, 'string'], body: [2, 'string'] },
  Request: { number: [1, 'uint64'], body: [2, 'string'] },
  Drain: {},
  LogBatch: { chunks: [1, 'LogChunk[]'] },
  LogChunk: {
    attempt_id: [1, 'string'],
    offset: [2, 'uint64'],
    bytes: [3, 'bytes'],
    gap: [4, 'uint64'],
    at_ms: [5, 'uint64'],
  },
  LogAck: { attempt_id: [1, 'string'], offset: [2, 'uint64'] },
} as const;

/** Messages of which exactly one field is present; `body` names it. */
export const ONE_OFS = {
  FromAgent: {
    hello: [1, 'string'],
    heartbeat: [2, 'Heartbeat'],
    report: [3, 'ReportMessage'],
    answer: [4, 'Answer'],
    goodbye: [5, 'Goodbye'],
    open: [6, 'string'],
  },
  ToAgent: {
    welcome: [1, 'string'],
    heartbeat_ack: [2, 'HeartbeatAck'],
    ack: [3, 'Ack'],
    request: [4, 'Request'],
    revoked: [5, 'string'],
    drain: [6, 'Drain'],
  },
} as const;

interface Scalars {
  readonly string: string;
  /** Never above 2^53: counters, offsets and times. */
  readonly uint64: number;
  readonly uint32: number;
  readonly bool: boolean;
  readonly bytes: Uint8Array;
}
type Messages = typeof MESSAGES;
type Value<T> = T extends keyof Scalars
  ? Scalars[T]
  : T extends `${infer Each}[]`
    ? readonly Value<Each>[]
    : T extends keyof Messages
      ? Message<T>
      : never;
type Fields<F> = { readonly [K in keyof F]: F[K] extends readonly [number, infer T] ? Value<T> : never };
type OneOf<F> = {
  [K in keyof F]: { readonly body: K } & {
    readonly [P in K]: F[K] extends readonly [number, infer T] ? Value<T> : never;
  };
}[keyof F];

export type Message<N extends keyof Messages> = Fields<Messages[N]>;
export type EnrollRequest = Message<'EnrollRequest'>;
export type EnrollReply = Message<'EnrollReply'>;
export type FromAgent = OneOf<typeof ONE_OFS.FromAgent>;
export type ToAgent = OneOf<typeof ONE_OFS.ToAgent>;
export type LogBatch = Message<'LogBatch'>;
export type LogAck = Message<'LogAck'>;
