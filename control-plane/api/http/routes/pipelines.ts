import { z } from 'zod';
import type { WaitingExecution } from '../../../app/people.ts';
import { APPROVAL_ANSWERS } from '../../../engine/waiting.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { waitingView } from '../waiting-schema.ts';

const tag = 'executions';
const one = z.strictObject({
  id: z.string().min(1).max(200).describe('An execution id, the unique beginning of one, or `last`.'),
});
const name = z.string().min(1).max(400);
const texts = z.record(z.string(), z.string());
const started = z.object({ executionId: z.string(), created: z.boolean() });

export const waitingExecution = z
  .object({ executionId: z.string(), name: z.string(), application: z.string(), waiting: waitingView })
  .meta({ id: 'WaitingExecution' }) satisfies z.ZodType<WaitingExecution>;

export const pipelineRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/waiting',
    operationId: 'listWaiting',
    summary: 'Everything that waits for a person: approvals, inputs, failures to decide on.',
    tag,
    query: z.strictObject({ application: z.exactOptional(name) }),
    statuses: { 200: 'Newest execution first.' },
    response: z.object({ waiting: z.array(waitingExecution).readonly() }),
    handle: async ({ useCases, actor, query }) => ({ body: { waiting: await useCases.listWaiting(actor, query) } }),
  }),
  route({
    method: 'post',
    path: '/executions/{id}/approvals',
    operationId: 'answerApproval',
    summary: 'Approve or reject what waits for it; one answer decides.',
    tag,
    parameters: one,
    body: z.strictObject({
      step: z.exactOptional(name).describe('Id or name of the step or stage; may be left out when only one waits.'),
      answer: z.enum(APPROVAL_ANSWERS).describe('REJECT_AND_ROLLBACK: whatever the failure strategy says.'),
      comment: z.string().max(1_000).default(''),
      variables: texts.default({}).describe('Values that differ from the defaults.'),
    }),
    statuses: { 202: 'It was answered.' },
    response: z.object({ executionId: z.string(), step: z.string() }),
    handle: async ({ useCases, actor, parameters, body }) => {
      const id = await useCases.resolveExecution(actor, parameters.id);
      return { status: 202, body: { executionId: id, ...(await useCases.answerApproval(actor, id, body)) } };
    },
  }),
  route({
    method: 'post',
    path: '/executions/{id}/inputs',
    operationId: 'giveInputs',
    summary: 'Give a stage the inputs it asks for.',
    tag,
    parameters: one,
    body: z.strictObject({
      run: z.exactOptional(name).describe('Id or name of the run; may be left out when only one asks.'),
      values: texts,
    }),
    statuses: { 202: 'They were taken.' },
    response: z.object({ executionId: z.string(), run: z.string() }),
    handle: async ({ useCases, actor, parameters, body }) => {
      const id = await useCases.resolveExecution(actor, parameters.id);
      return { status: 202, body: { executionId: id, ...(await useCases.giveInputs(actor, id, body)) } };
    },
  }),
  route({
    method: 'post',
    path: '/executions/{id}/resume-pipeline',
    operationId: 'resumePipeline',
    summary: 'Go on with a pipeline that did not succeed: a new execution takes its earlier stages over.',
    tag,
    takesIdempotencyKey: true,
    parameters: one,
    body: z.strictObject({
      stage: z.exactOptional(name).describe('The first that runs again; the one that failed when left out.'),
    }),
    statuses: { 201: 'Started.', 200: 'It was started before, with the same idempotency key.' },
    response: started,
    handle: async ({ useCases, actor, parameters, body, idempotencyKey }) => {
      const id = await useCases.resolveExecution(actor, parameters.id);
      const result = await useCases.resumePipeline(actor, id, body.stage, idempotencyKey);
      return { status: result.created ? 201 : 200, body: result };
    },
  }),
  route({
    method: 'post',
    path: '/executions/{id}/rerun',
    operationId: 'rerun',
    summary: 'Start the same once more: same inputs, same builds, same answers.',
    tag,
    takesIdempotencyKey: true,
    parameters: one,
    body: z.strictObject({
      skipSameVersion: z
        .exactOptional(z.boolean())
        .describe('Leaves out hosts that have the build already; as the first start did when left out.'),
    }),
    statuses: { 201: 'Started.', 200: 'It was started before, with the same idempotency key.' },
    response: started,
    handle: async ({ useCases, actor, parameters, body, idempotencyKey }) => {
      const id = await useCases.resolveExecution(actor, parameters.id);
      const result = await useCases.rerun(actor, id, body, idempotencyKey);
      return { status: result.created ? 201 : 200, body: result };
    },
  }),
];
