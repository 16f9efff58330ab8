import { z } from 'zod';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { guardView, lockView, queueView } from '../queue-schemas.ts';

export const lockRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/guards',
    operationId: 'listGuards',
    summary: 'Guards of the account: how much of each is used, by whom, and who waits.',
    tag: 'locks',
    statuses: { 200: 'All of them, with the units that are in use.' },
    response: z.object({ guards: z.array(guardView).readonly() }),
    handle: async ({ useCases, actor }) => ({ body: { guards: await useCases.listGuards(actor) } }),
  }),
  route({
    method: 'get',
    path: '/locks',
    operationId: 'listLocks',
    summary: 'The queues of service infrastructure: who holds it and who waits, the next one first.',
    tag: 'locks',
    statuses: { 200: 'Those that somebody holds or waits for.' },
    response: z.object({ locks: z.array(lockView).readonly() }),
    handle: async ({ useCases, actor }) => ({ body: { locks: await useCases.listLocks(actor) } }),
  }),
  route({
    method: 'get',
    path: '/queues',
    operationId: 'listQueues',
    summary: 'Everything that executions take turns with: who holds it, who waits, in which place and since when.',
    tag: 'locks',
    statuses: { 200: 'Infrastructure and guards in use; those that somebody waits for first.' },
    response: z.object({ queues: z.array(queueView).readonly() }),
    handle: async ({ useCases, actor }) => ({ body: { queues: await useCases.listQueues(actor) } }),
  }),
];
