import { z } from 'zod';
import { followLog, readLogText } from '../log-text.ts';
import { route, textRoute } from '../route.ts';
import type { Route } from '../route.ts';

const tag = 'attempts';
const one = z.strictObject({ id: z.string().min(1).max(2000).describe('The attempt id, percent-encoded.') });

export const attemptRoutes: readonly Route[] = [
  textRoute({
    method: 'get',
    path: '/attempts/{id}/log',
    operationId: 'readLog',
    summary: 'The log of an attempt as plain text.',
    tag,
    parameters: one,
    query: z.strictObject({
      from: z.coerce.number().int().min(0).default(0).describe('Offset in bytes of the whole log.'),
      follow: z
        .enum(['true', 'false'])
        .default('false')
        .describe('Stay connected and send what comes, until the attempt has ended.'),
    }),
    statuses: {
      200: 'Text from that offset on, all of it when the attempt has ended; where some was dropped, or has not arrived, a line says how much.',
    },
    stream: async (call) => {
      const { parameters, query } = call;
      // Refusals come before the first byte.
      const first = await call.useCases.readLog(call.actor, parameters.id, query.from, 1);
      const whole = async () => {
        const missing = await call.useCases.awaitLog(call.actor, parameters.id, call.signal);
        return readLogText(call, parameters.id, { from: query.from, missing });
      };
      const text = query.follow === 'true' ? followLog(call, parameters.id, query.from) : await whole();
      return { headers: { 'X-Log-Offset': String(first[0]?.offset ?? query.from) }, text };
    },
  }),
  route({
    method: 'post',
    path: '/attempts/{id}/resolve',
    operationId: 'resolveUnknown',
    summary: 'Say what became of an attempt whose outcome nobody can find out.',
    tag,
    parameters: one,
    body: z.strictObject({ outcome: z.enum(['SUCCESS', 'FAILED']), note: z.string().max(1000).default('') }),
    statuses: { 202: 'Recorded; the execution goes on from it.' },
    response: z.object({ attemptId: z.string() }),
    handle: async ({ useCases, actor, parameters, body }) => {
      await useCases.resolveUnknown(actor, parameters.id, body.outcome, body.note);
      return { status: 202, body: { attemptId: parameters.id } };
    },
  }),
];
