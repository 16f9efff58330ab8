/** The use cases, each behind the one gate; the work itself is in the file its name says. */
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import { executionOf } from '@fairlead/proto/model/ids.ts';
import { applyFiles } from '../definitions/change-set.ts';
import { definitionItems, explainCatalog, printDefinitions } from '../definitions/explain.ts';
import type { Attempt, Execution } from '../engine/execution.ts';
import { findAttempt } from '../engine/tree.ts';
import type { Digest } from '../ports/digest.ts';
import type { Store } from '../ports/store.ts';
import type { Bus } from '../ports/bus.ts';
import type { System } from '@fairlead/proto/model/system.ts';
import { Access } from './access.ts';
import { authorize, type Actor, type Policy } from './authorize.ts';
import { buildSource } from './build-source.ts';
import { Builds } from './builds.ts';
import { credentials } from './credentials.ts';
import { deploy } from './deploy.ts';
import { diffExecutions, type Compared } from './diff.ts';
import { doctor } from './doctor.ts';
import type { Engine } from './engine.ts';
import { brokenFailure } from './broken.ts';
import { broken, viewOf } from './execution-view.ts';
import { Executions } from './executions.ts';
import { decidedBy } from './decided-by.ts';
import { newestOfChains } from './resume-chains.ts';
import { pipelines } from './pipelines.ts';
import { selectDefinitions } from './select-definitions.ts';
import { deployments, whatRunsWhere } from './instances.ts';
import { listGuards, listLocks } from './guards.ts';
import { queuesOf } from './queues.ts';
import { listAgents } from './list-agents.ts';
import { untilWhole } from './log-end.ts';
import { listMoments } from './moments.ts';
import { stateAt } from './past.ts';
import type { Replica } from './replica.ts';
import { replay } from './replay.ts';
import { rollback } from './rollback.ts';
import { runNamed } from './run-named.ts';
import { steering } from './steering.ts';
import type { UseCases } from './use-cases.ts';
import { watch } from './watch.ts';
import { why } from './why.ts';

export interface ControlPlaneParts {
  readonly replica: Replica;
  readonly store: Store;
  readonly bus: Bus;
  readonly system: System;
  readonly digest: Digest;
  readonly engine: Engine;
  readonly policy?: Policy;
}

export function controlPlane(parts: ControlPlaneParts): UseCases {
  const { replica, store, bus, system, digest, engine } = parts;
  const { definitions } = replica;
  const builds = new Builds(bus, replica.agents);
  const executions = new Executions(replica.drivers, replica.history, store.rows);
  const world = {
    definitions,
    builds,
    rows: store.rows,
    documents: store.documents,
    drivers: replica.drivers,
    holds: replica.holds,
    digest,
    system,
  };
  const nameOf = (agentId: string): string => replica.registry.nameOf(agentId);
  const view = async (id: string) => {
    const { execution, seq } = await executions.load(id);
    return broken(viewOf(execution, seq, nameOf), await parkedReason(id));
  };
  /** Why nobody drives it, where its journal does not say so itself. */
  const parkedReason = async (id: string): Promise<string | null> =>
    replica.drivers.loop(id) === undefined ? ((await store.heads.get(id))?.parked ?? null) : null;
  /** Nobody would go on with what was decided of it. What has ended is refused for that, and by others. */
  const refuseBroken = async ({ id, endedAt }: Pick<Execution, 'id' | 'endedAt'>): Promise<void> => {
    const reason = endedAt === null ? await parkedReason(id) : null;
    if (reason === null) return;
    throw new FailureError(brokenFailure(reason));
  };
  const attemptOf = async (id: string): Promise<Attempt> => {
    const { execution } = await executions.load(executionOf(id));
    const attempt = findAttempt(execution, id);
    if (attempt !== undefined) return attempt;
    throw new FailureError(failure('NOT_FOUND', `there is no attempt ${id}`, { field: 'id' }));
  };
  const gate = (actor: Actor, verb: Parameters<typeof authorize>[1], resource: string): void =>
    authorize(actor, verb, resource, parts.policy);

  return {
    ...steering({ gate, executions, router: replica.router, drivers: replica.drivers, refuseBroken }),
    ...credentials({ gate, access: new Access(store.documents, digest, system) }),
    ...pipelines({ ...world, executions, router: replica.router, refuseBroken }),
    async apply(actor, { files, dryRun, prune = false }) {
      gate(actor, 'define', 'definitions');
      return definitions.apply(actor, files, { dryRun, prune });
    },
    async explain(actor, { files }) {
      gate(actor, 'read', 'definitions');
      const { catalog } = await definitions.current();
      if (files === undefined) return { text: explainCatalog(catalog) };
      const applied = applyFiles(null, files, { newId: () => system.ids.unique('') });
      return 'problems' in applied ? applied : { text: explainCatalog(applied.catalog) };
    },
    async getDefinitions(actor, query) {
      gate(actor, 'read', 'definitions');
      const { catalog, revision } = await definitions.current();
      const selection = selectDefinitions(query);
      return { revision, text: printDefinitions(catalog, selection), items: definitionItems(catalog, selection) };
    },
    async listBuilds(actor, query) {
      gate(actor, 'read', 'builds');
      const { source, selectors } = buildSource((await definitions.current()).catalog, query);
      return builds.list(source, selectors);
    },
    async deploy(actor, request) {
      gate(actor, 'execute', request.name ?? 'the workflow');
      return deploy(world, actor, request);
    },
    async listExecutions(actor, { filter, cursor, limit, resumed = false }) {
      gate(actor, 'read', 'executions');
      const page = await executions.list(filter, cursor, limit);
      return resumed ? page : { ...page, rows: await newestOfChains(store, page.rows) };
    },
    async resolveExecution(actor, text) {
      gate(actor, 'read', 'executions');
      return executions.resolve(text);
    },
    async getExecution(actor, id, at) {
      gate(actor, 'read', id);
      if (at === undefined) return view(id);
      await executions.load(id);
      const { execution, seq } = await stateAt(engine, replica.history, id, at);
      return viewOf(execution, seq, nameOf);
    },
    async listMoments(actor, id, query) {
      gate(actor, 'read', id);
      await executions.load(id);
      return listMoments(replica.history, id, query, nameOf);
    },
    async diff(actor, a, b) {
      gate(actor, 'read', a);
      gate(actor, 'read', b);
      const compared = async (id: string): Promise<Compared> => {
        const { execution } = await executions.load(id);
        const catalog = await definitions.at(execution.plan.definition.revision);
        return { execution, records: await replica.history.all(id), catalog };
      };
      return diffExecutions(await compared(a), await compared(b), nameOf);
    },
    async getJournal(actor, id, query) {
      gate(actor, 'read', id);
      return executions.journal(id, query);
    },
    async readLog(actor, attempt, from, limit) {
      gate(actor, 'read', executionOf(attempt));
      const chunks = await store.logs.read(attempt, from, limit);
      // Nobody waits for the log of what there is not.
      if (chunks.length === 0) await attemptOf(attempt);
      return chunks;
    },
    async awaitLog(actor, attempt, signal) {
      gate(actor, 'read', executionOf(attempt));
      return untilWhole(await attemptOf(attempt), store.logs, system, () => signal?.aborted === true);
    },
    async abort(actor, id, reason, run) {
      gate(actor, 'abort', id);
      const { execution } = await executions.load(id);
      const one = run === undefined ? {} : { runId: runNamed(execution, run) };
      const parked = await parkedReason(id);
      if (run !== undefined && parked !== null && execution.endedAt === null) {
        const why = `it is broken: it can only be aborted as a whole (${parked})`;
        throw new FailureError(failure('ILLEGAL_STATE', why));
      }
      if (await replica.drivers.abortParked(id, actor.name)) return;
      await replica.router.submit(id, {
        input: 'abort',
        actor: actor.name,
        reason: reason === '' ? `aborted by ${actor.name}` : reason,
        ...one,
      });
    },
    async rollback(actor, id, reason, run) {
      gate(actor, 'rollback', id);
      const { execution } = await executions.load(id);
      await refuseBroken(execution);
      const { drivers, router } = replica;
      const { rows, documents } = store;
      const parts = { rows, documents, executions, drivers, router, ids: system.ids };
      return rollback(parts, actor, execution, { reason, run });
    },
    async listHolds(actor) {
      gate(actor, 'read', 'holds');
      return replica.holds.list();
    },
    async liftHold(actor, text) {
      gate(actor, 'execute', `the hold ${text}`);
      return replica.holds.lift(actor.name, text);
    },
    async resolveUnknown(actor, attempt, outcome, note) {
      const id = executionOf(attempt);
      gate(actor, 'execute', id);
      const { state, result } = await attemptOf(attempt);
      await refuseBroken({ id, endedAt: null });
      if (state !== 'UNKNOWN') {
        const why = result === null ? 'its agent is known to have it' : `it ended ${result.outcome}`;
        throw new FailureError(failure('ILLEGAL_STATE', `${attempt}: ${why}; only of lost ones a person may say it`));
      }
      await replica.router.submit(id, {
        input: 'outcomeFound',
        attemptId: attempt,
        by: actor.name,
        result: decidedBy(actor, outcome, note),
      });
    },
    async replay(actor, id) {
      gate(actor, 'read', id);
      return replay(engine, replica.history, id, await executions.load(id));
    },
    async why(actor, id) {
      gate(actor, 'read', id);
      const { execution } = await executions.load(id);
      return why(await view(id), store.logs, (attempt) =>
        untilWhole(findAttempt(execution, attempt), store.logs, system),
      );
    },
    async whatRunsWhere(actor, query) {
      gate(actor, 'read', 'instances');
      return whatRunsWhere(store.rows, (await definitions.current()).catalog, query);
    },
    async listDeployments(actor, { filter, cursor, limit }) {
      gate(actor, 'read', 'instances');
      return deployments(store.rows, filter, cursor, limit);
    },
    async listGuards(actor) {
      gate(actor, 'read', 'guards');
      return listGuards(definitions, replica.locks);
    },
    async listLocks(actor) {
      gate(actor, 'read', 'locks');
      return listLocks(definitions, replica.locks);
    },
    async listQueues(actor) {
      gate(actor, 'read', 'locks');
      gate(actor, 'read', 'guards');
      const [locks, guards] = await Promise.all([
        listLocks(definitions, replica.locks),
        listGuards(definitions, replica.locks),
      ]);
      return queuesOf(store.rows, locks, guards);
    },
    async listAgents(actor) {
      gate(actor, 'read', 'agents');
      return listAgents(replica);
    },
    async createJoinToken(actor, name) {
      gate(actor, 'administer', 'agents');
      return { name, token: await replica.registry.createToken(name) };
    },
    async listJoinTokens(actor) {
      gate(actor, 'administer', 'agents');
      return replica.registry.tokens();
    },
    async revokeJoinToken(actor, name) {
      gate(actor, 'administer', 'agents');
      await replica.registry.revokeToken(name);
    },
    async revokeAgent(actor, name) {
      gate(actor, 'administer', 'agents');
      replica.revocations.turnAway(await replica.registry.revokeAgent(name));
    },
    async doctor(actor) {
      gate(actor, 'read', 'the system');
      return doctor(store, bus, definitions, await listAgents(replica));
    },
    watch: (topic, onChange) => watch(replica, system.scheduler, topic, onChange),
  };
}
