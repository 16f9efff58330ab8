import type { ClientFrame } from '@fairlead/proto/live.ts';
import { STATUS_NAMES } from '@fairlead/proto/model/status.ts';
import { z } from 'zod';

const sub = z.int().min(0);
const text = z.string().min(1).max(2000);
const type = z.literal('subscribe');

const clientFrame = z.union([
  z.strictObject({
    type,
    sub,
    feed: z.literal('execution'),
    executionId: text,
    after: z.exactOptional(z.int().min(0)),
  }),
  z.strictObject({
    type,
    sub,
    feed: z.literal('log'),
    attemptId: text,
    from: z.int().min(0),
    until: z.exactOptional(z.int().min(0)),
  }),
  z.strictObject({
    type,
    sub,
    feed: z.literal('list'),
    filter: z.strictObject({
      application: z.exactOptional(text),
      name: z.exactOptional(text),
      environment: z.exactOptional(text),
      statuses: z.exactOptional(z.array(z.enum(STATUS_NAMES)).max(STATUS_NAMES.length)),
      from: z.exactOptional(z.number()),
      to: z.exactOptional(z.number()),
      text: z.exactOptional(z.string().max(200)),
    }),
    limit: z.int().min(1).max(200),
  }),
  z.strictObject({ type: z.literal('unsubscribe'), sub }),
]) satisfies z.ZodType<ClientFrame>;

/** A frame, or why it is none (and for which subscription, where that can be read). */
export function parseClientFrame(
  message: string,
): { readonly frame: ClientFrame } | { readonly reason: string; readonly sub: number | null } {
  let json: unknown;
  try {
    json = JSON.parse(message);
  } catch {
    return { reason: 'The message is not JSON.', sub: null };
  }
  const result = clientFrame.safeParse(json);
  if (result.success) return { frame: result.data };
  const given = z.object({ sub }).safeParse(json);
  return { reason: 'The frame is none of those in proto/live.ts.', sub: given.success ? given.data.sub : null };
}
