/** The row of an execution in the list, and what later deployments ask of it: what stands since, what it brought back. */
import type { ExecutionListRow } from '@fairlead/proto/live.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { ArtifactRef } from '@fairlead/proto/model/task.ts';
import type { Execution } from '../engine/execution.ts';
import type { Restored } from '../engine/plan.ts';
import type { Success } from '../ports/rows.ts';
import { headerOf } from './execution-header.ts';
import { deployedBy, type Deployed } from './installs.ts';
import { releaseIn } from './release-numbers.ts';
import { releasesIn } from './releases-in.ts';
import { restoresIn } from './restores.ts';

export function rowOf(execution: Execution, seq: number): ExecutionListRow {
  const header = headerOf(execution);
  const { executionId, application, name, kind, status, environment, startedAt, endedAt, actor } = header;
  const { artifacts, failure, rollback, rolledBack, progress, waiting, unconfirmed, revision } = header;
  const deployed = deployedBy(execution);
  const details = {
    artifacts,
    failure,
    rollback,
    rolledBack,
    progress,
    waiting,
    unconfirmed: unconfirmed.length,
    people: header.people,
    resumes: header.resumes,
    revision,
    successes: successesIn(execution, deployed),
    deployed: artifactsOf(deployed),
    restored: restoredIn(execution, deployed),
    releases: releasesIn(execution, deployed),
  };
  const summary = details as unknown as JsonObject; // Plain data.
  return { executionId, seq, application, name, kind, status, environment, startedAt, endedAt, actor, summary };
}

/** Mapping → what a later rollback goes back to. Only of runs that succeeded. */
function artifactsOf(deployed: readonly Deployed[]): Readonly<Record<string, ArtifactRef>> {
  const entries = deployed.flatMap(({ plan, artifact }) =>
    plan.mapping === null ? [] : [[plan.mapping, artifact] as const],
  );
  return Object.fromEntries(entries);
}

function successesIn(execution: Execution, deployed: readonly Deployed[]): readonly Success[] {
  const found = new Map<string, Success>();
  for (const { run, plan } of deployed) {
    const { mapping } = plan;
    if (mapping === null) continue;
    const { name } = run.workflow;
    const at = execution.runs.find((each) => each.planId === run.id)?.endedAt ?? execution.lastAt;
    const before = found.get(`${name}/${mapping}`);
    found.set(`${name}/${mapping}`, { name, mapping, at: Math.max(at, before?.at ?? 0), ...releaseIn(run) });
  }
  return [...found.values()];
}

/** What was not deployed but brought back, and whose deployment that had been. */
function restoredIn(execution: Execution, deployed: readonly Deployed[]): readonly Restored[] {
  const undoing = deployed.flatMap(({ run, plan }) => (run.undoing === true ? [{ ...run, phases: [plan] }] : []));
  return restoresIn(execution.plan, undoing);
}
