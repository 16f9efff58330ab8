import { z } from 'zod';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { holdSchema } from '../schemas.ts';

const holds = z.object({ holds: z.array(holdSchema).readonly() });

export const holdRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/holds',
    operationId: 'listHolds',
    summary: 'What rollbacks took back and no trigger deploys again until somebody lifts the hold.',
    tag: 'holds',
    statuses: { 200: 'Those in force, oldest first.' },
    response: holds,
    handle: async ({ useCases, actor }) => ({ body: { holds: await useCases.listHolds(actor) } }),
  }),
  route({
    method: 'delete',
    path: '/holds/{id}',
    operationId: 'liftHold',
    summary: 'Let triggers deploy it again.',
    tag: 'holds',
    parameters: z.strictObject({
      id: z.string().min(1).max(200).describe('Of the hold; or the name of a workflow: all of its holds.'),
    }),
    statuses: { 200: 'Those that were lifted.' },
    response: holds,
    handle: async ({ useCases, actor, parameters }) => ({
      body: { holds: await useCases.liftHold(actor, parameters.id) },
    }),
  }),
];
