import { z } from 'zod';
import { VERBS } from '../../../app/authorize.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { agentView, doctorLine, timeSchema } from '../schemas.ts';

const byName = z.strictObject({ name: z.string().min(1).max(200) });
const named = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'must be letters, digits, dots, dashes and underscores, at most 100'),
});
const revoked = z.object({ revoked: z.string() });

export const systemRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/agents',
    operationId: 'listAgents',
    summary: 'Agents and what they are doing.',
    tag: 'agents',
    statuses: { 200: 'All of them, revoked ones too.' },
    response: z.object({ agents: z.array(agentView).readonly() }),
    handle: async ({ useCases, actor }) => ({ body: { agents: await useCases.listAgents(actor) } }),
  }),
  route({
    method: 'delete',
    path: '/agents/{name}',
    operationId: 'revokeAgent',
    summary: 'Turn an agent away for good.',
    tag: 'agents',
    parameters: byName,
    statuses: { 200: 'It gets nothing any more.' },
    response: revoked,
    handle: async ({ useCases, actor, parameters }) => {
      await useCases.revokeAgent(actor, parameters.name);
      return { body: { revoked: parameters.name } };
    },
  }),
  route({
    method: 'get',
    path: '/tokens',
    operationId: 'listJoinTokens',
    summary: 'Join tokens, without their values.',
    tag: 'agents',
    statuses: { 200: 'All of them, revoked ones too.' },
    response: z.object({
      tokens: z.array(z.object({ name: z.string(), createdAt: timeSchema, revoked: z.boolean() })).readonly(),
    }),
    handle: async ({ useCases, actor }) => ({ body: { tokens: await useCases.listJoinTokens(actor) } }),
  }),
  route({
    method: 'post',
    path: '/tokens',
    operationId: 'createJoinToken',
    summary: 'A token with which new agents join.',
    tag: 'agents',
    body: named,
    statuses: { 201: 'The value, shown this once.' },
    response: z.object({ name: z.string(), token: z.string() }),
    handle: async ({ useCases, actor, body }) => ({
      status: 201,
      body: await useCases.createJoinToken(actor, body.name),
    }),
  }),
  route({
    method: 'delete',
    path: '/tokens/{name}',
    operationId: 'revokeJoinToken',
    summary: 'No further agent joins with it.',
    tag: 'agents',
    parameters: byName,
    statuses: { 200: 'Revoked.' },
    response: revoked,
    handle: async ({ useCases, actor, parameters }) => {
      await useCases.revokeJoinToken(actor, parameters.name);
      return { body: { revoked: parameters.name } };
    },
  }),
  route({
    method: 'get',
    path: '/keys',
    operationId: 'listApiKeys',
    summary: 'API keys, without their values.',
    tag: 'access',
    statuses: { 200: 'All of them.' },
    response: z.object({ keys: z.array(z.object({ name: z.string(), createdAt: timeSchema })).readonly() }),
    handle: async ({ useCases, actor }) => ({ body: { keys: await useCases.listApiKeys(actor) } }),
  }),
  route({
    method: 'post',
    path: '/keys',
    operationId: 'createApiKey',
    summary: 'A new API key.',
    tag: 'access',
    body: named.extend({
      rights: z.exactOptional(z.array(z.enum([...VERBS, '*'])).min(1)).describe('Without: those of who makes it.'),
    }),
    statuses: { 201: 'The value, shown this once.' },
    response: z.object({ name: z.string(), key: z.string() }),
    handle: async ({ useCases, actor, body }) => ({
      status: 201,
      body: await useCases.createApiKey(actor, body.name, body.rights),
    }),
  }),
  route({
    method: 'delete',
    path: '/keys/{name}',
    operationId: 'revokeApiKey',
    summary: 'The key opens nothing any more.',
    tag: 'access',
    parameters: byName,
    statuses: { 200: 'Revoked.' },
    response: revoked,
    handle: async ({ useCases, actor, parameters }) => {
      await useCases.revokeApiKey(actor, parameters.name);
      return { body: { revoked: parameters.name } };
    },
  }),
  route({
    method: 'post',
    path: '/login-tokens',
    operationId: 'createLoginToken',
    summary: 'A link that opens the page, once, within five minutes.',
    tag: 'access',
    body: z.strictObject({}),
    statuses: { 201: 'Open `path` in a browser.' },
    response: z.object({ token: z.string(), path: z.string(), expiresAt: timeSchema }),
    handle: async ({ useCases, actor }) => {
      const { token, expiresAt } = await useCases.createLoginToken(actor);
      return { status: 201, body: { token, expiresAt, path: `/login?token=${encodeURIComponent(token)}` } };
    },
  }),
  route({
    method: 'get',
    path: '/me',
    operationId: 'whoAmI',
    summary: 'Who the key or session belongs to.',
    tag: 'access',
    statuses: { 200: 'The actor.' },
    response: z.object({
      id: z.string(),
      name: z.string(),
      kind: z.enum(['USER', 'KEY', 'SYSTEM']),
      rights: z.array(z.enum([...VERBS, '*'])).readonly(),
    }),
    handle: async ({ actor: { id, name: of, kind, rights } }) => ({ body: { id, name: of, kind, rights } }),
  }),
  route({
    method: 'get',
    path: '/doctor',
    operationId: 'doctor',
    summary: 'Check everything this installation needs.',
    tag: 'doctor',
    statuses: { 200: 'One line per check.' },
    response: z.object({ checks: z.array(doctorLine).readonly() }),
    handle: async ({ useCases, actor }) => ({ body: { checks: await useCases.doctor(actor) } }),
  }),
];
