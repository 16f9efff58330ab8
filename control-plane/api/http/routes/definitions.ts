import { z } from 'zod';
import { definitionError } from '../problem.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { definitionItem } from '../schemas.ts';

const files = z
  .array(z.strictObject({ name: z.string().min(1).max(500), text: z.string() }))
  .min(1)
  .max(1000);
const applied = z.object({
  applied: z.boolean(),
  revision: z.int(),
  changes: z
    .array(z.object({ change: z.enum(['create', 'update', 'delete']), kind: z.string(), name: z.string() }))
    .readonly(),
});
const explained = z.object({ text: z.string() });
const FILES_LIMIT = 4_194_304;
const tag = 'definitions';

export const definitionRoutes: readonly Route[] = [
  route({
    method: 'post',
    path: '/definitions/apply',
    operationId: 'applyDefinitions',
    summary: 'Make the definitions be what these files say, all or nothing.',
    tag,
    body: z.strictObject({
      files,
      dryRun: z.boolean().default(false).describe('Only check, and say what would change.'),
      prune: z.exactOptional(z.boolean()).describe('Delete what the files no longer name.'),
    }),
    bodyLimit: FILES_LIMIT,
    statuses: { 200: 'What changed; nothing when it was so already.' },
    response: applied,
    handle: async ({ useCases, actor, body }) => {
      const result = await useCases.apply(actor, body);
      if ('problems' in result) throw definitionError(result.problems);
      return { body: result };
    },
  }),
  route({
    method: 'post',
    path: '/definitions/explain',
    operationId: 'explainFiles',
    summary: 'The canonical text of these files, with every generated default.',
    tag,
    body: z.strictObject({ files }),
    bodyLimit: FILES_LIMIT,
    statuses: { 200: 'The text.' },
    response: explained,
    handle: async ({ useCases, actor, body }) => {
      const result = await useCases.explain(actor, body);
      if ('problems' in result) throw definitionError(result.problems);
      return { body: result };
    },
  }),
  route({
    method: 'get',
    path: '/definitions/explain',
    operationId: 'explainDefinitions',
    summary: 'The canonical text of what is stored, with every generated default.',
    tag,
    statuses: { 200: 'The text.' },
    response: explained,
    handle: async ({ useCases, actor }) => {
      const result = await useCases.explain(actor, {});
      if ('problems' in result) throw definitionError(result.problems);
      return { body: result };
    },
  }),
  route({
    method: 'get',
    path: '/definitions',
    operationId: 'getDefinitions',
    summary: 'Definitions as they were written.',
    tag,
    query: z.strictObject({
      kind: z.exactOptional(
        z.enum([
          'applications',
          'services',
          'environments',
          'workflows',
          'pipelines',
          'provisioners',
          'guards',
          'defaults',
        ]),
      ),
      name: z.exactOptional(z.string().min(1)),
    }),
    statuses: { 200: 'As text that can be applied again, and item by item.' },
    response: z.object({ revision: z.int(), text: z.string(), items: z.array(definitionItem).readonly() }),
    handle: async ({ useCases, actor, query }) => ({ body: await useCases.getDefinitions(actor, query) }),
  }),
  route({
    method: 'get',
    path: '/services/{name}/builds',
    operationId: 'listBuilds',
    summary: 'Builds of a service, newest first.',
    tag,
    parameters: z.strictObject({ name: z.string() }),
    query: z.strictObject({ application: z.exactOptional(z.string()) }),
    statuses: { 200: 'What its artifact source holds now.' },
    response: z.object({ builds: z.array(z.object({ build: z.string(), fileName: z.string() })).readonly() }),
    handle: async ({ useCases, actor, parameters, query }) => ({
      body: { builds: await useCases.listBuilds(actor, { ...query, service: parameters.name }) },
    }),
  }),
];
