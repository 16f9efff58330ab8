import { z } from 'zod';
import { FAILURE_CODES, failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { Json, JsonObject } from '@fairlead/proto/model/json.ts';
import type { AgentAnswer, Hello, Report } from '@fairlead/proto/model/task.ts';

/**
 * The JSON bodies that agents send, checked at the door: an agent runs on somebody else's machine. Unknown fields are
 * dropped, so that a newer agent can talk to an older control plane.
 */
const id = z.string().min(1).max(1_000);
const count = z.number().int().nonnegative();
const json: z.ZodType<Json> = z.json();
const jsonObject: z.ZodType<JsonObject> = z.record(z.string(), json);
const failed = z.object({
  // A newer agent knows more of them, and brings its report again until it is taken.
  code: z.enum(FAILURE_CODES).catch('INTERNAL'),
  message: z.string(),
  field: z.string().exactOptional(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])).exactOptional(),
});

const result = z
  .object({
    outcome: z.enum(['SUCCESS', 'FAILED', 'CANCELED']),
    failure: failed.exactOptional(),
    outputs: jsonObject.exactOptional(),
    blobs: z.record(z.string(), z.string()).exactOptional(),
    touched: z.boolean(),
    confirmed: z.boolean().exactOptional(),
    notes: z.array(z.string()).exactOptional(),
    logBytes: count.exactOptional(),
  })
  .refine((given) => (given.outcome === 'SUCCESS') === (given.failure === undefined), {
    message: 'a failure belongs to every outcome but SUCCESS',
    path: ['failure'],
  });

const report: z.ZodType<Report> = z.discriminatedUnion('report', [
  z.object({ report: z.literal('starting'), attemptId: id, assignment: count }),
  z.object({ report: z.literal('checkpoint'), attemptId: id, name: z.string(), data: jsonObject }),
  z.object({ report: z.literal('finished'), attemptId: id, result }),
  z.object({ report: z.literal('released'), attemptId: id, assignment: count, failure: failed }),
]);

const ledgerState = z.enum(['ACCEPTED', 'STARTED', 'FINISHED', 'TOMBSTONE']);

const open: z.ZodType<Hello['open']> = z.array(
  z.object({
    attemptId: id,
    assignment: count,
    state: ledgerState,
    acknowledged: z.literal(true).exactOptional(),
  }),
);

const hello: z.ZodType<Hello> = z.object({
  agentId: id,
  ledgerId: id,
  version: z.string().max(100),
  protocol: z.object({ min: count, max: count }),
  incarnation: z.string().max(1_000).nullable(),
  hostname: z.string().max(1_000),
  selectors: z.array(z.string().max(200)).max(200),
  capabilities: z.array(z.string().max(200)).max(1_000),
  capacity: z.number().int().positive(),
  open,
});

const answer: z.ZodType<AgentAnswer> = z.discriminatedUnion('answer', [
  z.object({ answer: z.literal('accepted') }),
  z.object({ answer: z.literal('known'), state: ledgerState }),
  z.object({ answer: z.literal('refused'), final: z.boolean(), failure: failed }),
  z.object({ answer: z.literal('canceling') }),
  z.object({ answer: z.literal('tombstoned') }),
  z.object({ answer: z.literal('result'), value: json }),
]);

const reader =
  <T>(what: string, schema: z.ZodType<T>) =>
  (body: string): T => {
    const parsed = schema.safeParse(readJson(body));
    if (parsed.success) return parsed.data;
    const [first, ...rest] = parsed.error.issues.map((issue) =>
      failure('INVALID_INPUT', `${what}: ${issue.path.join('.') || 'the body'}: ${issue.message}`, {
        field: issue.path.join('.'),
      }),
    );
    throw new FailureError(first ?? failure('INVALID_INPUT', `${what} is malformed`), ...rest);
  };

function readJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

const readWhole = reader('a report', report);
const end = z.object({ report: z.literal('finished'), attemptId: id });

/**
 * An end whose result cannot be read is one that nobody knows. Refused, it would come again with every session of its
 * agent, and end each: the agent would do nothing any more.
 */
export function readReport(body: string): Report {
  try {
    return readWhole(body);
  } catch (error) {
    const named = end.safeParse(readJson(body));
    if (!(error instanceof FailureError) || !named.success) throw error;
    const message = `its agent told of its end in words that cannot be read: ${error.failures[0].message}`;
    return {
      ...named.data,
      result: { outcome: 'FAILED', failure: failure('OUTCOME_UNKNOWN', message), touched: true },
    };
  }
}

export const readOpen = reader('a list of open attempts', open);
export const readHello = reader('a hello', hello);
export const readAnswer = reader('an answer', answer);
