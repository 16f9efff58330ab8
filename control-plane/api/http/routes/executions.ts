import type { Status } from '@fairlead/proto/model/status.ts';
import { STATUS_NAMES } from '@fairlead/proto/model/status.ts';
import { z } from 'zod';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import {
  executionDiff,
  executionListRow,
  executionView,
  holdSchema,
  journalView,
  moment,
  replaySchema,
  whySchema,
} from '../schemas.ts';

const tag = 'executions';
const one = z.strictObject({
  id: z.string().min(1).max(200).describe('An execution id, the unique beginning of one, or `last`.'),
});
const reasoned = z.strictObject({ reason: z.string().max(1000).default('') });
const name = z.string().min(1).max(200);
const reasonedForRun = reasoned.extend({
  runId: z.exactOptional(name).describe('Only this run of a pipeline that runs: its id, or its name.'),
});
const texts = z.record(z.string(), z.string());
const noted = z.object({ executionId: z.string() });

/** `RUNNING,QUEUED`: every name is checked, the unknown ones are told. */
const statuses = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(z.enum(STATUS_NAMES)))
  .describe(`Statuses divided by commas, of: ${STATUS_NAMES.join(', ')}.`);

const AT =
  'As it was then: a sequence of its journal, milliseconds since 1970, a time like `2026-01-31T12:00:05Z`, or `+90s` after its start.';

export const executionRoutes: readonly Route[] = [
  route({
    method: 'post',
    path: '/executions',
    operationId: 'deploy',
    summary: 'Start a workflow or a pipeline.',
    tag,
    takesIdempotencyKey: true,
    body: z.strictObject({
      application: z.exactOptional(name).describe('May be left out when there is one.'),
      name: z.exactOptional(name).describe('The workflow or pipeline; may be left out when there is one.'),
      variables: texts.default({}),
      artifacts: texts.default({}).describe('Service → build; the others take the latest.'),
      hosts: z
        .exactOptional(z.array(name).max(10_000))
        .describe('Only these, in the first phase; later phases are skipped. Not for pipelines.'),
      skipSameVersion: z
        .exactOptional(z.boolean())
        .describe('Leaves out hosts that have the build already; in a pipeline, in every stage.'),
    }),
    statuses: { 201: 'Started.', 200: 'It was started before, with the same idempotency key.' },
    response: z.object({
      executionId: z.string(),
      created: z.boolean(),
      holds: z.array(holdSchema).readonly().describe('On what it deploys; they keep triggers away, not people.'),
    }),
    handle: async ({ useCases, actor, body, idempotencyKey }) => {
      const key = idempotencyKey === undefined ? {} : { idempotencyKey };
      const result = await useCases.deploy(actor, { ...body, ...key });
      return {
        status: result.created ? 201 : 200,
        headers: { Location: `/api/v1/executions/${encodeURIComponent(result.executionId)}` },
        body: result,
      };
    },
  }),
  route({
    method: 'get',
    path: '/executions',
    operationId: 'listExecutions',
    summary: 'Executions, newest first.',
    tag,
    query: z.strictObject({
      application: z.exactOptional(name),
      name: z.exactOptional(name),
      environment: z.exactOptional(name),
      status: z.exactOptional(statuses),
      from: z.exactOptional(z.coerce.number()).describe('Started then or later: milliseconds since 1970.'),
      to: z.exactOptional(z.coerce.number()).describe('Started before.'),
      find: z.exactOptional(z.string().max(200)).describe('Words that all occur in its id, names, actor or builds.'),
      resumed: z
        .exactOptional(z.enum(['true', 'false']))
        .describe('`true`: pipelines that another execution goes on with, too.'),
      cursor: z.exactOptional(z.string().min(1).max(1000)).describe('`next` of the page before.'),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    statuses: { 200: 'A page; `next` is null on the last one.' },
    response: z.object({ rows: z.array(executionListRow).readonly(), next: z.string().nullable() }),
    handle: async ({ useCases, actor, query }) => {
      const { status, cursor, limit, find, resumed, ...rest } = query;
      const wanted: { readonly statuses?: readonly Status[] } = status === undefined ? {} : { statuses: status };
      const text = find === undefined ? {} : { text: find };
      const page = { limit, resumed: resumed === 'true', ...(cursor === undefined ? {} : { cursor }) };
      return { body: await useCases.listExecutions(actor, { filter: { ...rest, ...wanted, ...text }, ...page }) };
    },
  }),
  route({
    method: 'get',
    path: '/executions/{id}',
    operationId: 'getExecution',
    summary: 'One execution with its whole tree.',
    tag,
    parameters: one,
    query: z.strictObject({ at: z.exactOptional(z.string().min(1).max(100)).describe(AT) }),
    statuses: { 200: 'As of journal sequence `seq`.' },
    response: executionView,
    handle: async ({ useCases, actor, parameters, query }) => {
      const id = await useCases.resolveExecution(actor, parameters.id);
      const { at } = query;
      return {
        body: await (at === undefined ? useCases.getExecution(actor, id) : useCases.getExecution(actor, id, at)),
      };
    },
  }),
  route({
    method: 'get',
    path: '/executions/{id}/journal',
    operationId: 'getJournal',
    summary: 'What happened to it and what was decided, in order.',
    tag,
    parameters: one,
    query: z.strictObject({
      after: z.coerce.number().int().min(0).default(0).describe('A sequence: `next` of the page before.'),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    statuses: { 200: 'Records with a sequence greater than `after`; `next` is null on the last page.' },
    response: z.object({ records: z.array(journalView).readonly(), next: z.int().nullable() }),
    handle: async ({ useCases, actor, parameters, query }) => {
      const id = await useCases.resolveExecution(actor, parameters.id);
      return { body: await useCases.getJournal(actor, id, query) };
    },
  }),
  route({
    method: 'get',
    path: '/executions/{id}/moments',
    operationId: 'listMoments',
    summary: 'What happened to it, decision by decision: what came, from whom, when, and what followed.',
    tag,
    parameters: one,
    query: z.strictObject({
      after: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(5000).default(1000),
    }),
    statuses: { 200: 'In order; `next` is the `after` of the page after, or null.' },
    response: z.object({ moments: z.array(moment).readonly(), next: z.int().nullable() }),
    handle: async ({ useCases, actor, parameters, query }) => {
      const id = await useCases.resolveExecution(actor, parameters.id);
      return { body: await useCases.listMoments(actor, id, query) };
    },
  }),
  route({
    method: 'get',
    path: '/executions/{id}/diff/{other}',
    operationId: 'diffExecutions',
    summary:
      'Two executions side by side: definition, artifacts, variables, hosts, outputs, steps, and where their paths part.',
    tag,
    parameters: one.extend({ other: one.shape.id }),
    statuses: { 200: 'Only what differs, and every step with both durations.' },
    response: executionDiff,
    handle: async ({ useCases, actor, parameters }) => {
      const a = await useCases.resolveExecution(actor, parameters.id);
      const b = await useCases.resolveExecution(actor, parameters.other);
      return { body: await useCases.diff(actor, a, b) };
    },
  }),
  route({
    method: 'post',
    path: '/executions/{id}/abort',
    operationId: 'abort',
    summary: 'Stop it now; nothing is rolled back.',
    tag,
    parameters: one,
    body: reasonedForRun,
    statuses: { 202: 'It is being aborted.' },
    response: noted,
    handle: async ({ useCases, actor, parameters, body }) => {
      const id = await useCases.resolveExecution(actor, parameters.id);
      await useCases.abort(actor, id, body.reason, body.runId);
      return { status: 202, body: { executionId: id } };
    },
  }),
  route({
    method: 'post',
    path: '/executions/{id}/rollback',
    operationId: 'rollback',
    summary: 'Go back: a running one undoes what it did, the last success is followed by the deployment before it.',
    tag,
    parameters: one,
    body: reasonedForRun,
    statuses: { 202: 'Which execution does it.' },
    response: noted,
    handle: async ({ useCases, actor, parameters, body }) => {
      const id = await useCases.resolveExecution(actor, parameters.id);
      return { status: 202, body: await useCases.rollback(actor, id, body.reason, body.runId) };
    },
  }),
  route({
    method: 'get',
    path: '/executions/{id}/replay',
    operationId: 'replay',
    summary: 'Decide everything again from the journal and compare.',
    tag,
    parameters: one,
    statuses: { 200: 'What differs, if anything.' },
    response: replaySchema,
    handle: async ({ useCases, actor, parameters }) => {
      const id = await useCases.resolveExecution(actor, parameters.id);
      return { body: await useCases.replay(actor, id) };
    },
  }),
  route({
    method: 'get',
    path: '/executions/{id}/why',
    operationId: 'why',
    summary: 'The first cause of a failure: where, at which host, and the last lines of its log.',
    tag,
    parameters: one,
    statuses: { 200: 'The cause; null when nothing failed.' },
    response: whySchema,
    handle: async ({ useCases, actor, parameters }) => {
      const id = await useCases.resolveExecution(actor, parameters.id);
      return { body: await useCases.why(actor, id) };
    },
  }),
];
