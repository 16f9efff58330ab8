import { z } from 'zod';
import type { ForcedSettlement, OpenIntervention } from '../../../app/use-cases.ts';
import { INTERVENTIONS } from '../../../engine/waiting.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { failureSchema, timeSchema } from '../schemas.ts';

const tag = 'executions';
const one = z.strictObject({
  id: z.string().min(1).max(200).describe('An execution id, the unique beginning of one, or `last`.'),
});
const reason = z.string().max(1000).default('');
const action = z.enum(INTERVENTIONS);
const noted = z.object({ executionId: z.string() });

export const openIntervention = z
  .object({
    stepId: z.string(),
    name: z.string(),
    where: z.string(),
    since: timeSchema,
    until: timeSchema,
    failure: failureSchema,
    choices: z.array(action).readonly(),
    afterTimeout: action,
  })
  .meta({ id: 'Intervention' }) satisfies z.ZodType<OpenIntervention>;

export const forcedSettlement = z
  .object({
    executionId: z.string(),
    unconfirmed: z.array(z.string()).readonly().describe('Attempts whose end nobody has seen.'),
    locks: z.array(z.string()).readonly().describe('Become free.'),
  })
  .meta({ id: 'ForcedSettlement' }) satisfies z.ZodType<ForcedSettlement>;

export const steeringRoutes: readonly Route[] = [
  route({
    method: 'post',
    path: '/executions/{id}/pause',
    operationId: 'pause',
    summary: 'Begin nothing more; what runs goes on to its end, and waiting steps keep their time.',
    tag,
    parameters: one,
    body: z.strictObject({ reason }),
    statuses: { 202: 'It is being paused.' },
    response: noted,
    handle: async ({ useCases, actor, parameters, body }) => {
      const id = await useCases.resolveExecution(actor, parameters.id);
      await useCases.pause(actor, id, body.reason);
      return { status: 202, body: { executionId: id } };
    },
  }),
  route({
    method: 'post',
    path: '/executions/{id}/resume',
    operationId: 'resume',
    summary: 'Go on after a pause.',
    tag,
    parameters: one,
    body: z.strictObject({}),
    statuses: { 202: 'It goes on.' },
    response: noted,
    handle: async ({ useCases, actor, parameters }) => {
      const id = await useCases.resolveExecution(actor, parameters.id);
      await useCases.resume(actor, id);
      return { status: 202, body: { executionId: id } };
    },
  }),
  route({
    method: 'get',
    path: '/executions/{id}/interventions',
    operationId: 'listInterventions',
    summary: 'Failed steps that wait for a person, and what may be decided.',
    tag,
    parameters: one,
    statuses: { 200: 'What waits.' },
    response: z.object({ executionId: z.string(), interventions: z.array(openIntervention).readonly() }),
    handle: async ({ useCases, actor, parameters }) => {
      const executionId = await useCases.resolveExecution(actor, parameters.id);
      return { body: { executionId, interventions: await useCases.listInterventions(actor, executionId) } };
    },
  }),
  route({
    method: 'post',
    path: '/executions/{id}/intervene',
    operationId: 'intervene',
    summary: 'Decide what follows from the failure of a step that waits for a person.',
    tag,
    parameters: one,
    body: z.strictObject({
      step: z
        .exactOptional(z.string().min(1).max(1000))
        .describe('Its id or its name; may be left out when one step waits.'),
      action,
      reason,
    }),
    statuses: { 202: 'It was decided.' },
    response: z.object({ executionId: z.string(), stepId: z.string() }),
    handle: async ({ useCases, actor, parameters, body }) => {
      const executionId = await useCases.resolveExecution(actor, parameters.id);
      const { stepId } = await useCases.intervene(actor, executionId, body);
      return { status: 202, body: { executionId, stepId } };
    },
  }),
  route({
    method: 'get',
    path: '/executions/{id}/forced-settlement',
    operationId: 'getForcedSettlement',
    summary: 'What would be given up by settling by force what has ended and cannot be decided on any more.',
    tag,
    parameters: one,
    statuses: { 200: 'As it stands now.' },
    response: forcedSettlement,
    handle: async ({ useCases, actor, parameters }) => {
      const id = await useCases.resolveExecution(actor, parameters.id);
      return { body: await useCases.getForcedSettlement(actor, id) };
    },
  }),
  route({
    method: 'post',
    path: '/executions/{id}/forced-settlement',
    operationId: 'settleByForce',
    summary: 'Settle by force what has ended and cannot be decided on: its locks become free, whatever is unconfirmed.',
    tag,
    parameters: one,
    body: z.strictObject({
      reason: z.string().min(1).max(1000),
      unconfirmed: z.array(z.string()).describe('What stays unconfirmed, exactly as it was shown.'),
    }),
    statuses: { 202: 'It is settled.' },
    response: noted,
    handle: async ({ useCases, actor, parameters, body }) => {
      const id = await useCases.resolveExecution(actor, parameters.id);
      await useCases.settleByForce(actor, id, body);
      return { status: 202, body: { executionId: id } };
    },
  }),
];
