/**
 * Use cases in memory, driven by the test: executions are views the test changes, logs are bytes it appends. Behaves
 * as the contract says (ids, gate, idempotency, waking watchers), so that the API, the live socket and the CLI can be
 * looked at alone.
 */
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import { canonicalJson } from '@fairlead/proto/model/json.ts';
import type { AttemptId, ExecutionId } from '@fairlead/proto/model/ids.ts';
import { isTerminal } from '@fairlead/proto/model/status.ts';
import type { ExecutionHeader, ExecutionListRow, ExecutionView, NodeView } from '@fairlead/proto/live.ts';
import type { Actor } from '../../../control-plane/app/authorize.ts';
import { authorize } from '../../../control-plane/app/authorize.ts';
import type { Hold } from '../../../control-plane/app/holds.ts';
import type { ApplyResult, DeployRequest, SourceFile, UseCases } from '../../../control-plane/app/use-cases.ts';
import type { LogChunk } from '../../../control-plane/ports/logs.ts';
import { headerOf, rowOf } from './fake-views.ts';

export const ADMIN_KEY = 'key-admin';
export const READER_KEY = 'key-reader';

const ACTORS: ReadonlyMap<string, Actor> = new Map([
  [ADMIN_KEY, { id: 'admin', name: 'ada', kind: 'KEY', rights: ['*'] }],
  [READER_KEY, { id: 'reader', name: 'rita', kind: 'KEY', rights: ['read'] }],
]);

const notFound = (what: string): FailureError => new FailureError(failure('NOT_FOUND', what));

export class FakeUseCases implements UseCases {
  readonly views = new Map<ExecutionId, ExecutionView>();
  readonly logs = new Map<AttemptId, LogChunk[]>();
  /** What of a log is missing when it has been waited for. */
  rest: (attempt: AttemptId) => Promise<number> = async () => 0;
  readonly calls: { readonly verb: string; readonly argument: unknown }[] = [];
  readonly revoked = new Set<string>();
  readonly holds = new Map<string, Hold>();
  /** Called with every new execution, to play it. */
  onDeploy: (id: ExecutionId, request: DeployRequest) => void = () => {};
  reads = 0;
  readonly waiting = new Map<ExecutionId, Awaited<ReturnType<UseCases['listInterventions']>>>();
  readonly #watchers = new Set<{ readonly key: string | null; readonly wake: () => void }>();
  readonly #byKey = new Map<string, { readonly id: ExecutionId; readonly request: string }>();
  readonly #sessions = new Map<string, Actor>();
  readonly #loginTokens = new Map<string, Actor>();
  #made = 0;

  // ── what the test does ──────────────────────────────────────────────────────────────────────────────────────────────

  create(name = 'ship-web', header: Partial<ExecutionHeader> = {}, nodes: readonly NodeView[] = []): ExecutionId {
    this.#made += 1;
    const id: ExecutionId = `ex${String(this.#made).padStart(6, '0')}abcdef`;
    this.views.set(id, { seq: 1, header: { ...headerOf(id, name, this.#made), ...header }, nodes });
    this.ring(id);
    return id;
  }

  /** One journal sequence further. Nodes replace those of the same id, or are added. */
  change(id: ExecutionId, nodes: readonly NodeView[], header: Partial<ExecutionHeader> = {}): void {
    const view = this.#view(id);
    const next = new Map(view.nodes.map((node) => [node.id, node]));
    for (const node of nodes) next.set(node.id, node);
    this.views.set(id, {
      seq: view.seq + 1,
      header: { ...view.header, ...header },
      nodes: [...next.values()],
    });
    this.ring(id);
  }

  finish(id: ExecutionId, status: ExecutionHeader['status'], header: Partial<ExecutionHeader> = {}): void {
    this.change(id, [], { status, settled: true, endedAt: 1_700_000_060_000, ...header });
  }

  appendLog(attemptId: AttemptId, bytes: Uint8Array, gap = 0, at = 0): void {
    const chunks = this.logs.get(attemptId) ?? [];
    const last = chunks.at(-1);
    const offset = (last === undefined ? 0 : last.offset + last.bytes.byteLength) + gap;
    this.logs.set(attemptId, [...chunks, { attemptId, offset, bytes, gap, at }]);
    this.ring(attemptId);
  }

  ring(key: string): void {
    for (const watcher of this.#watchers) if (watcher.key === null || watcher.key === key) watcher.wake();
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  // ── the contract ────────────────────────────────────────────────────────────────────────────────────────────────────

  async apply(
    actor: Actor,
    request: { readonly files: readonly SourceFile[]; readonly dryRun: boolean; readonly prune?: boolean },
  ): Promise<ApplyResult> {
    authorize(actor, 'define', 'definitions');
    this.calls.push({ verb: 'apply', argument: request });
    const wrong = request.files.filter((file) => file.text.includes('WRONG'));
    if (wrong.length > 0) return { problems: wrong.flatMap((file) => problemsOf(file.name)) };
    return {
      applied: !request.dryRun,
      revision: 3,
      changes: [{ change: 'create', kind: 'service', name: 'web' }],
    };
  }

  async explain(actor: Actor, request: { readonly files?: readonly SourceFile[] }) {
    authorize(actor, 'read', 'definitions');
    return { text: `# canonical\nfairlead: v1\nfiles: ${request.files?.length ?? 0}\n` };
  }

  async getDefinitions(actor: Actor, query: { readonly kind?: string; readonly name?: string }) {
    authorize(actor, 'read', 'definitions');
    return {
      revision: 3,
      text: 'fairlead: v1\napplication: shop\n',
      items: [{ kind: query.kind ?? 'applications', name: query.name ?? 'shop' }],
    };
  }

  async listBuilds(actor: Actor, query: { readonly application?: string; readonly service: string }) {
    authorize(actor, 'read', `service ${query.service}`);
    if (query.service !== 'web') throw notFound(`There is no service ${query.service}; there is web.`);
    return [{ build: '2', fileName: 'web-2.tgz' }];
  }

  async deploy(actor: Actor, request: DeployRequest) {
    authorize(actor, 'execute', request.name ?? 'a workflow');
    this.calls.push({ verb: 'deploy', argument: request });
    if (request.name !== undefined && !request.name.startsWith('ship')) {
      throw notFound(`There is no workflow ${request.name}; there is ship-web.`);
    }
    const { idempotencyKey, ...rest } = request;
    const text = canonicalJson({ ...rest, variables: { ...rest.variables }, artifacts: { ...rest.artifacts } });
    const known = idempotencyKey === undefined ? undefined : this.#byKey.get(idempotencyKey);
    if (known !== undefined) {
      if (known.request === text) return { executionId: known.id, created: false, holds: [] };
      throw new FailureError(failure('IDEMPOTENCY_MISMATCH', 'The key was used for another request.'));
    }
    const id = this.create(request.name ?? 'ship-web');
    if (idempotencyKey !== undefined) this.#byKey.set(idempotencyKey, { id, request: text });
    this.onDeploy(id, request);
    return { executionId: id, created: true, holds: [...this.holds.values()] };
  }

  async listExecutions(actor: Actor, query: Parameters<UseCases['listExecutions']>[1]) {
    authorize(actor, 'read', 'executions');
    this.reads += 1;
    const { filter, cursor, limit } = query;
    const all = [...this.views.values()]
      .reverse()
      .map(rowOf)
      .filter((row) => matches(row, filter));
    const start = cursor === undefined ? 0 : all.findIndex((row) => row.executionId === cursor) + 1;
    const rows = all.slice(start, start + limit);
    return { rows, next: start + limit < all.length ? (rows.at(-1)?.executionId ?? null) : null };
  }

  async resolveExecution(actor: Actor, text: string): Promise<ExecutionId> {
    authorize(actor, 'read', `execution ${text}`);
    const ids = [...this.views.keys()];
    const found = text === 'last' ? ids.slice(-1) : ids.filter((id) => id.startsWith(text));
    const [first, second] = found;
    if (first === undefined) throw notFound(`There is no execution ${text}.`);
    if (second !== undefined) {
      throw new FailureError(failure('INVALID_INPUT', `${text} begins several execution ids.`, { field: 'id' }));
    }
    return first;
  }

  async getExecution(actor: Actor, id: ExecutionId): Promise<ExecutionView> {
    authorize(actor, 'read', `execution ${id}`);
    this.reads += 1;
    return this.#view(id);
  }

  async getJournal(actor: Actor, id: ExecutionId, { after, limit }: Parameters<UseCases['getJournal']>[2]) {
    authorize(actor, 'read', `execution ${id}`);
    const { seq } = this.#view(id);
    const found = Array.from({ length: seq }, (_, index) => ({
      seq: index + 1,
      epoch: 1,
      now: 1_700_000_000_000 + index,
      decisions: [{ input: { input: 'tick' }, events: [{ event: 'RunStarted', runId: `${id}/r` }] }],
    })).filter((record) => record.seq > after);
    const records = found.slice(0, limit);
    return { records, next: found.length > limit ? (records.at(-1)?.seq ?? null) : null };
  }

  async listMoments(actor: Actor, id: ExecutionId, { after }: { readonly after: number }) {
    authorize(actor, 'read', `execution ${id}`);
    const { records } = await this.getJournal(actor, id, { after, limit: 1_000 });
    const events = [{ event: 'RunStarted', node: 'r', text: '' }];
    const moments = records.map(({ seq, now }) => ({ seq, at: now, input: 'abort', actor: 'ada', node: null, events }));
    return { moments, next: null };
  }

  async diff(actor: Actor, a: ExecutionId, b: ExecutionId) {
    authorize(actor, 'read', `executions ${a} and ${b}`);
    const side = (id: ExecutionId) => {
      const { executionId, application, name, kind, status, startedAt, revision } = this.#view(id).header;
      return {
        ...{ executionId, application, name, kind, status, startedAt, revision, actor: 'ada' },
        ...{ endedAt: startedAt + 5_000, durationMs: 5_000 },
      };
    };
    const took = { status: 'SUCCESS' as const, durationMs: 1_000, attempts: 1 };
    return {
      a: side(a),
      b: side(b),
      definition: [
        { kind: 'workflow', name: 'ship-web', change: 'CHANGED' as const, paths: [{ path: 'batch', a: '1', b: '2' }] },
      ],
      artifacts: [{ name: 'web', a: '1', b: '2' }],
      variables: [{ name: 'workflow.variables.ticket', a: null, b: 'CHG-1' }],
      hosts: [{ phase: 'Phase 1', onlyA: ['web-1'], onlyB: [] }],
      outputs: [],
      steps: [
        { node: 'r/p.0/s/t', name: 'Phase 1 / Install', a: took, b: { ...took, durationMs: 9_000 } },
        { node: 'r/p.0/s/u', name: 'Phase 1 / Check', a: took, b: { ...took, durationMs: 1_100 } },
      ],
      decisions: {
        where: 'Phase 1 / Install',
        a: { seq: 3, at: 1, input: 'finished', actor: null, event: 'StepEnded', node: 'r/p.0/s/t', text: 'SUCCESS' },
        b: null,
      },
    };
  }

  async awaitLog(actor: Actor, attempt: AttemptId) {
    authorize(actor, 'read', `log ${attempt}`);
    return this.rest(attempt);
  }

  async readLog(actor: Actor, attempt: AttemptId, from: number, limit = 1_048_576) {
    authorize(actor, 'read', `log ${attempt}`);
    const chunks = this.logs.get(attempt);
    if (chunks === undefined) throw notFound(`There is no log of ${attempt}.`);
    const result: LogChunk[] = [];
    let size = 0;
    for (const chunk of chunks) {
      if (chunk.offset + chunk.bytes.byteLength <= from) continue;
      const cut = Math.max(0, from - chunk.offset);
      const part = cut === 0 ? chunk : { ...chunk, offset: from, bytes: chunk.bytes.subarray(cut), gap: 0 };
      if (result.length > 0 && size >= limit) break;
      result.push(part);
      size += part.bytes.byteLength;
    }
    return result;
  }

  async listWaiting(actor: Actor): ReturnType<UseCases['listWaiting']> {
    authorize(actor, 'read', 'executions');
    return [...this.views.values()].flatMap(({ header: { executionId, name, application, people } }) =>
      people.map((waiting) => ({ executionId, name, application, waiting })),
    );
  }

  async answerApproval(actor: Actor, id: ExecutionId, request: Parameters<UseCases['answerApproval']>[2]) {
    authorize(actor, 'approve', id);
    this.calls.push({ verb: 'answerApproval', argument: { id, ...request } });
    return { step: request.step ?? 'step' };
  }

  async giveInputs(actor: Actor, id: ExecutionId, request: Parameters<UseCases['giveInputs']>[2]) {
    authorize(actor, 'execute', id);
    this.calls.push({ verb: 'giveInputs', argument: { id, ...request } });
    return { run: request.run ?? 'run' };
  }

  async resumePipeline(actor: Actor, id: ExecutionId, stage: string | undefined, idempotencyKey?: string) {
    authorize(actor, 'execute', id);
    const created = !this.calls.some(({ verb }) => verb === 'resumePipeline') || idempotencyKey === undefined;
    this.calls.push({ verb: 'resumePipeline', argument: { id, stage, idempotencyKey } });
    return { executionId: `${id}-resumed`, created };
  }

  async rerun(actor: Actor, id: ExecutionId, what: object, idempotencyKey?: string) {
    authorize(actor, 'execute', id);
    const created = !this.calls.some(({ verb }) => verb === 'rerun') || idempotencyKey === undefined;
    this.calls.push({ verb: 'rerun', argument: { id, ...what, idempotencyKey } });
    return { executionId: `${id}-again`, created };
  }

  async abort(actor: Actor, id: ExecutionId, reason: string, run?: string): Promise<void> {
    authorize(actor, 'abort', `execution ${id}`);
    this.calls.push({ verb: 'abort', argument: { id, reason, run } });
    if (isTerminal(this.#view(id).header.status)) {
      throw new FailureError(failure('ILLEGAL_STATE', `${id} has ended already.`));
    }
    this.finish(id, 'ABORTED');
  }

  async listHolds(actor: Actor): Promise<readonly Hold[]> {
    authorize(actor, 'read', 'holds');
    return [...this.holds.values()];
  }

  async liftHold(actor: Actor, text: string): Promise<readonly Hold[]> {
    authorize(actor, 'execute', text);
    const hold = this.holds.get(text);
    if (hold === undefined) throw notFound(`There is no hold ${text}.`);
    this.holds.delete(text);
    return [hold];
  }

  async rollback(actor: Actor, id: ExecutionId, reason: string, run?: string) {
    authorize(actor, 'rollback', `execution ${id}`);
    this.calls.push({ verb: 'rollback', argument: { id, reason, run } });
    const executionId = this.create(this.#view(id).header.name);
    this.onDeploy(executionId, { variables: {}, artifacts: {} });
    return { executionId };
  }

  async pause(actor: Actor, id: ExecutionId, reason: string): Promise<void> {
    authorize(actor, 'execute', `execution ${id}`);
    this.calls.push({ verb: 'pause', argument: { id, reason } });
    this.change(id, [], { status: 'PAUSED' });
  }

  async resume(actor: Actor, id: ExecutionId): Promise<void> {
    authorize(actor, 'execute', `execution ${id}`);
    this.calls.push({ verb: 'resume', argument: { id } });
    this.change(id, [], { status: 'RUNNING' });
  }

  async listInterventions(actor: Actor, id: ExecutionId) {
    authorize(actor, 'read', `execution ${id}`);
    return this.waiting.get(id) ?? [];
  }

  async intervene(actor: Actor, id: ExecutionId, request: Parameters<UseCases['intervene']>[2]) {
    authorize(actor, 'execute', `execution ${id}`);
    this.calls.push({ verb: 'intervene', argument: { id, ...request } });
    const [first] = this.waiting.get(id) ?? [];
    if (first === undefined) throw new FailureError(failure('ILLEGAL_STATE', 'no step of it waits for a decision'));
    this.waiting.delete(id);
    return { stepId: first.stepId };
  }

  async getForcedSettlement(actor: Actor, id: ExecutionId) {
    authorize(actor, 'administer', `execution ${id}`);
    return { executionId: id, unconfirmed: [`${id}/r1/p1.0/s1/t1@web-1#1`], locks: ['prod/dc1'] };
  }

  async settleByForce(actor: Actor, id: ExecutionId, request: Parameters<UseCases['settleByForce']>[2]): Promise<void> {
    authorize(actor, 'administer', `execution ${id}`);
    this.calls.push({ verb: 'settleByForce', argument: { id, ...request } });
  }

  async resolveUnknown(actor: Actor, attempt: AttemptId, outcome: 'SUCCESS' | 'FAILED', note: string): Promise<void> {
    authorize(actor, 'execute', attempt);
    this.calls.push({ verb: 'resolveUnknown', argument: { attempt, outcome, note } });
  }

  async replay(actor: Actor, id: ExecutionId) {
    authorize(actor, 'read', `execution ${id}`);
    return { executionId: id, records: this.#view(id).seq, events: 9, stateMatches: true, differences: [] };
  }

  async why(actor: Actor, id: ExecutionId) {
    authorize(actor, 'read', `execution ${id}`);
    const { header } = this.#view(id);
    return {
      executionId: id,
      status: header.status,
      cause: header.failure,
      where: header.failure === null ? null : 'ship-web / Phase 1 / Verify Service / check',
      target: header.failure?.target ?? null,
      attemptId: header.failure === null ? null : `${id}/r/p/s/t@web-1#1`,
      log: header.failure === null ? [] : ['GET /health', 'HTTP 500'],
      logMissing: 0,
      help: header.failure === null ? null : 'The answer did not meet the assertion; see both in the log.',
      rollback: header.failure === null ? null : 'rolled back to build 2',
    };
  }

  async whatRunsWhere(actor: Actor, { filter }: Parameters<UseCases['whatRunsWhere']>[1]) {
    authorize(actor, 'read', 'instances');
    const instances = ['web-1', 'web-2']
      .filter((host) => (filter.host ?? host) === host)
      .map((host) => ({ ...instanceAt(host), state: 'RUNNING' as const, note: null }));
    return { instances, next: null };
  }

  async listDeployments(actor: Actor, { filter }: Parameters<UseCases['listDeployments']>[1]) {
    authorize(actor, 'read', 'instances');
    return { deployments: [{ ...instanceAt(filter.host ?? 'web-1'), action: 'DEPLOYED' as const }], next: null };
  }

  async listGuards(actor: Actor) {
    authorize(actor, 'read', 'guards');
    const active = [{ executionId: 'x1', by: 'x1/r1', ticket: 1, permits: 1, since: 5 }];
    const units = [{ unit: '', used: 1, active, blocked: [] }];
    return [{ name: 'deploys', capacity: 2, strategy: 'FIFO' as const, units }];
  }

  async listLocks(actor: Actor) {
    authorize(actor, 'read', 'locks');
    return [];
  }

  async listQueues(actor: Actor) {
    authorize(actor, 'read', 'locks');
    const execution = { name: 'release', application: 'shop', actor: 'ada' };
    const holders = [{ executionId: 'x1', by: 'x1/r1', ticket: 1, permits: 1, since: 5, execution }];
    const terms = { unit: '', capacity: 1, used: 1, strategy: 'FIFO' as const };
    return [{ kind: 'GUARD' as const, name: 'deploys', ...terms, holders, waiting: [] }];
  }

  async listAgents(actor: Actor) {
    authorize(actor, 'read', 'agents');
    return [
      {
        id: 'ag1',
        name: 'dc1',
        status: 'CONNECTED' as const,
        hostname: 'box',
        version: '0.1.0',
        selectors: ['dc1'],
        capabilities: ['ssh.exec'],
        running: 0,
        waiting: 0,
        capacity: 10,
        lastHeartbeatAt: 1_700_000_000_000,
      },
    ];
  }

  async createJoinToken(actor: Actor, name: string) {
    authorize(actor, 'administer', 'join tokens');
    return { name, token: 'join-secret' };
  }

  async listJoinTokens(actor: Actor) {
    authorize(actor, 'administer', 'join tokens');
    return [{ name: 'dc1', createdAt: 1, revoked: false }];
  }

  async revokeJoinToken(actor: Actor, name: string): Promise<void> {
    authorize(actor, 'administer', `join token ${name}`);
  }

  async revokeAgent(actor: Actor, name: string): Promise<void> {
    authorize(actor, 'administer', `agent ${name}`);
  }

  async createApiKey(actor: Actor, name: string) {
    authorize(actor, 'administer', 'keys');
    return { name, key: 'key-secret' };
  }

  async renewApiKey(actor: Actor, name: string) {
    authorize(actor, 'administer', 'keys');
    return { name, key: `fl_${name}` };
  }

  async listApiKeys(actor: Actor) {
    authorize(actor, 'administer', 'keys');
    return [{ name: 'ci', createdAt: 1 }];
  }

  async revokeApiKey(actor: Actor, name: string): Promise<void> {
    authorize(actor, 'administer', `key ${name}`);
  }

  async createLoginToken(actor: Actor) {
    const token = `login-${this.#loginTokens.size + 1}`;
    this.#loginTokens.set(token, actor);
    return { token, expiresAt: Number.MAX_SAFE_INTEGER };
  }

  async exchangeLoginToken(token: string) {
    const actor = this.#loginTokens.get(token);
    if (actor === undefined) throw unauthenticated('The link was used before, or is too old.');
    this.#loginTokens.delete(token);
    const session = `session-${this.#sessions.size + 1}`;
    this.#sessions.set(session, actor);
    return { session, expiresAt: Date.now() + 3_600_000 };
  }

  async authenticate(credential: string): Promise<Actor> {
    const actor = ACTORS.get(credential) ?? this.#sessions.get(credential);
    if (actor === undefined || this.revoked.has(credential)) throw unauthenticated('The key is not known.');
    return actor;
  }

  async doctor(actor: Actor) {
    authorize(actor, 'read', 'doctor');
    return [{ check: 'store', ok: true, detail: 'answers', mend: null }];
  }

  watch(topic: Parameters<UseCases['watch']>[0], onChange: () => void): () => void {
    const key = 'executionId' in topic ? topic.executionId : 'attemptId' in topic ? topic.attemptId : null;
    const watcher = { key, wake: onChange };
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  #view(id: ExecutionId): ExecutionView {
    const view = this.views.get(id);
    if (view === undefined) throw notFound(`There is no execution ${id}.`);
    return view;
  }
}

const instanceAt = (host: string) => ({
  id: `shop/web/prod/dc1/${host}`,
  at: 1_700_000_000_000,
  seq: 1,
  application: 'shop',
  service: 'web',
  environment: 'prod',
  infrastructure: 'dc1',
  host,
  build: '2',
  executionId: 'ex000001abcdef',
  details: {},
});

const unauthenticated = (message: string): FailureError => new FailureError(failure('UNAUTHENTICATED', message));

function matches(row: ExecutionListRow, filter: Parameters<UseCases['listExecutions']>[1]['filter']): boolean {
  return (
    (filter.application === undefined || filter.application === row.application) &&
    (filter.name === undefined || filter.name === row.name) &&
    (filter.environment === undefined || filter.environment === row.environment) &&
    (filter.statuses === undefined || filter.statuses.includes(row.status))
  );
}

function problemsOf(file: string) {
  return [
    { file, line: 3, column: 5, path: 'services.web.type', reason: 'unknown type ssh/tra', mend: 'Use ssh/tar.' },
    { file, line: 9, column: 1, path: 'workflows.x', reason: 'no such service', mend: 'Name one of: web.' },
  ];
}
