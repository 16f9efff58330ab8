import { z } from 'zod';
import { INSTANCE_STATES } from '../../../app/use-cases.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { deploymentRow, instanceRow } from '../schemas.ts';

const tag = 'instances';
const name = z.exactOptional(z.string().min(1).max(500));
const places = {
  application: name,
  service: name,
  environment: name,
  infrastructure: name,
  host: name,
  build: name,
  execution: name.describe('The execution that did it: an id, the unique beginning of one, or `last`.'),
};
const paged = {
  cursor: z.exactOptional(z.string().min(1).max(2000)).describe('`next` of the page before.'),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
};
const next = z.string().nullable();

export const instanceRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/instances',
    operationId: 'whatRunsWhere',
    summary: 'Which build of which service runs on which host, and which execution put it there.',
    tag,
    query: z.strictObject({
      ...places,
      state: z
        .exactOptional(z.enum(INSTANCE_STATES))
        .describe(
          '`REMOVED`: on a host that has left its infrastructure. `UNDONE`: rolled back, nothing was there before.',
        ),
      ...paged,
    }),
    statuses: { 200: 'One row per service, infrastructure and host; `next` is null on the last page.' },
    response: z.object({ instances: z.array(instanceRow).readonly(), next }),
    handle: async ({ useCases, actor, query }) => {
      const { cursor, limit, state, execution, ...rest } = query;
      const by = execution === undefined ? {} : { executionId: await useCases.resolveExecution(actor, execution) };
      const page = { limit, ...(cursor === undefined ? {} : { cursor }), ...(state === undefined ? {} : { state }) };
      return { body: await useCases.whatRunsWhere(actor, { filter: { ...rest, ...by }, ...page }) };
    },
  }),
  route({
    method: 'get',
    path: '/instances/history',
    operationId: 'listDeployments',
    summary: 'What was deployed to hosts and rolled back there, newest first.',
    tag,
    query: z.strictObject({ ...places, ...paged }),
    statuses: { 200: 'A page; `next` is null on the last one.' },
    response: z.object({ deployments: z.array(deploymentRow).readonly(), next }),
    handle: async ({ useCases, actor, query }) => {
      const { cursor, limit, execution, ...rest } = query;
      const by = execution === undefined ? {} : { executionId: await useCases.resolveExecution(actor, execution) };
      const page = { limit, ...(cursor === undefined ? {} : { cursor }) };
      return { body: await useCases.listDeployments(actor, { filter: { ...rest, ...by }, ...page }) };
    },
  }),
];
