import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { ROUTES } from '../../../control-plane/api/http/routes/index.ts';
import { holdOf, interventionOf } from './fake-views.ts';
import { serve } from './serve.ts';
import type { Served } from './serve.ts';

let served: Served;
let document: Document;
beforeAll(async () => {
  served = await serve();
  document = (await served.call('GET', '/api/v1/openapi.json', { headers: { authorization: '' } }))
    .json as unknown as Document;
});
afterAll(() => served.http.close());

interface Operation {
  readonly operationId: string;
  readonly responses: Record<string, { content: Record<string, { schema: Record<string, unknown> }> }>;
  readonly parameters: { name: string; in: string; required: boolean }[];
}
interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { schemas: Record<string, unknown> };
}

const calls: Record<string, { readonly path: string; readonly body?: unknown }> = {
  applyDefinitions: { path: '/definitions/apply', body: { files: [{ name: 'a.yaml', text: 'x' }] } },
  explainFiles: { path: '/definitions/explain', body: { files: [{ name: 'a.yaml', text: 'x' }] } },
  explainDefinitions: { path: '/definitions/explain' },
  getDefinitions: { path: '/definitions?kind=guards' },
  listBuilds: { path: '/services/web/builds' },
  deploy: { path: '/executions', body: {} },
  listExecutions: { path: '/executions' },
  getExecution: { path: '/executions/last' },
  getJournal: { path: '/executions/last/journal' },
  listMoments: { path: '/executions/last/moments' },
  diffExecutions: { path: '/executions/last/diff/last' },
  abort: { path: '/executions/last/abort', body: { reason: 'x' } },
  rollback: { path: '/executions/last/rollback', body: {} },
  pause: { path: '/executions/last/pause', body: {} },
  resume: { path: '/executions/last/resume', body: {} },
  listInterventions: { path: '/executions/last/interventions' },
  intervene: { path: '/executions/last/intervene', body: { action: 'RETRY' } },
  getForcedSettlement: { path: '/executions/last/forced-settlement' },
  settleByForce: { path: '/executions/last/forced-settlement', body: { reason: 'x', unconfirmed: [] } },
  listWaiting: { path: '/waiting' },
  answerApproval: { path: '/executions/last/approvals', body: { answer: 'APPROVE' } },
  giveInputs: { path: '/executions/last/inputs', body: { values: {} } },
  resumePipeline: { path: '/executions/last/resume-pipeline', body: {} },
  rerun: { path: '/executions/last/rerun', body: {} },
  replay: { path: '/executions/last/replay' },
  why: { path: '/executions/last/why' },
  readLog: { path: '/attempts/a%2Fb/log' },
  resolveUnknown: { path: '/attempts/a%2Fb/resolve', body: { outcome: 'FAILED' } },
  whatRunsWhere: { path: '/instances' },
  listDeployments: { path: '/instances/history?host=web-1' },
  listHolds: { path: '/holds' },
  liftHold: { path: '/holds/h1' },
  listGuards: { path: '/guards' },
  listLocks: { path: '/locks' },
  listQueues: { path: '/queues' },
  listAgents: { path: '/agents' },
  revokeAgent: { path: '/agents/dc1' },
  listJoinTokens: { path: '/tokens' },
  createJoinToken: { path: '/tokens', body: { name: 'dc1' } },
  revokeJoinToken: { path: '/tokens/dc1' },
  listApiKeys: { path: '/keys' },
  createApiKey: { path: '/keys', body: { name: 'ci' } },
  revokeApiKey: { path: '/keys/ci' },
  createLoginToken: { path: '/login-tokens', body: {} },
  whoAmI: { path: '/me' },
  doctor: { path: '/doctor' },
};

it('names every route once, with its parameters', () => {
  expect(document.openapi).toBe('3.1.0');
  const described = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method} ${path}`),
  );
  expect(described.sort()).toEqual(ROUTES.map((route) => `${route.method} ${route.path}`).sort());
  const ids = ROUTES.map((route) => route.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const [path, operations] of Object.entries(document.paths)) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    for (const operation of Object.values(operations)) {
      expect(operation.parameters.filter((each) => each.in === 'path').map((each) => each.name)).toEqual(inPath);
    }
  }
});

it('has no reference to a schema that is missing', () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1] ?? '');
  expect(references.length).toBeGreaterThan(20);
  for (const reference of references) {
    const name = /^#\/components\/schemas\/(.+)$/.exec(reference)?.[1] ?? '';
    expect(Object.keys(document.components.schemas)).toContain(name);
  }
});

it.each(ROUTES.map((route) => [route.operationId, route] as const))(
  '%s answers as the document says',
  async (_, route) => {
    const { useCases } = served;
    const id = useCases.create();
    useCases.change(id, [], {
      failure: {
        code: 'ASSERTION_FAILED',
        message: 'HTTP 500',
        node: `${id}/r`,
        target: 'web-1',
        details: { code: 500 },
      },
    });
    useCases.waiting.set(id, [interventionOf(id)]);
    useCases.holds.set('h1', holdOf('h1', id));
    useCases.appendLog('a/b', Buffer.from('x\n'));
    const call = calls[route.operationId];
    if (call === undefined) throw new Error(`no call for ${route.operationId}`);
    const answer = await served.call(route.method.toUpperCase(), `/api/v1${call.path}`, { body: call.body });
    const operation = document.paths[route.path]?.[route.method];
    const response = operation?.responses[String(answer.status)];
    expect(response, `${answer.status}: ${answer.text}`).toBeDefined();
    const type = (answer.headers.get('content-type') ?? '').split(';')[0] ?? '';
    const content = response?.content[type];
    expect(content, type).toBeDefined();
    if (type === 'text/plain' || content === undefined) return;
    // The document's own schema, read back, not the one it was made from.
    const text = JSON.stringify({ ...content.schema, $defs: document.components.schemas });
    const schema = z.fromJSONSchema(JSON.parse(text.replaceAll('#/components/schemas/', '#/$defs/')));
    expect(schema.safeParse(answer.json).error?.issues ?? []).toEqual([]);
    const [required] = Object.keys(answer.json);
    expect(schema.safeParse({ ...answer.json, [required ?? '']: undefined }).success).toBe(false);
  },
);
