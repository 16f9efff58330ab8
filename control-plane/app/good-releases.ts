/** Which releases stay on the hosts of a deployment, and which are old (orchestration 10.3, `keep` of a service). */
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { GoodRelease } from '@fairlead/proto/model/task.ts';
import type { PhasePlan, Plan, Restored, RunPlan } from '../engine/plan.ts';
import type { DeploymentCursor, ExecutionRow, InstanceFilter, Rows } from '../ports/rows.ts';

/** What an execution put at a mapping; its id is the last part of the directories that are its own. */
export interface DeployedRelease extends GoodRelease {
  readonly workflow: string;
  readonly mapping: string;
  /** False: it failed, and only left something behind. */
  readonly good: boolean;
}

type Releases = NonNullable<PhasePlan['releases']>;

const PAGE = 200;
/** So many executions are looked back beyond what is kept. What is older than that is left alone: nothing is known of it. */
const LOOK_BACK = 30;

/** At this moment: what a deployment that waits before it begins misses is newer, and stays for that. */
export async function withReleases(rows: Rows, plan: Plan): Promise<Plan> {
  const runs = plan.stages.flatMap((stage) => stage.runs);
  const told = new Map((await runsWithReleases(rows, plan.application.name, runs)).map((run) => [run.id, run]));
  const stages = plan.stages.map((stage) => ({ ...stage, runs: stage.runs.map((run) => told.get(run.id) ?? run) }));
  return { ...plan, stages };
}

export async function runsWithReleases(
  rows: Rows,
  application: string,
  runs: readonly RunPlan[],
): Promise<readonly RunPlan[]> {
  const histories = new Map<string, Promise<History>>();
  const releasesOf = async (run: RunPlan, phase: PhasePlan): Promise<PhasePlan> => {
    const { service, mapping, artifact, keep } = phase;
    if (service === null || mapping === null || keep === undefined || run.environment === null) return phase;
    const place = { application, service: service.name, environment: run.environment.name };
    const key = JSON.stringify(place);
    const history = histories.get(key) ?? look(rows, place, keep + LOOK_BACK);
    histories.set(key, history);
    return { ...phase, releases: choose(await history, { mapping, keep, fileName: artifact?.fileName ?? null }) };
  };
  return Promise.all(
    runs.map(async (run) => ({
      ...run,
      phases: await Promise.all(run.phases.map((phase) => releasesOf(run, phase))),
    })),
  );
}

interface History {
  /** Newest deployment first, good ones and others; what was taken back is not good any more. */
  readonly releases: readonly (DeployedRelease & { readonly takenBack: boolean })[];
  /** Nothing is known of releases before that. */
  readonly since: number;
}

/** What was deployed there, by whatever workflow and to whatever infrastructure. */
async function look(rows: Rows, place: InstanceFilter, atMost: number): Promise<History> {
  const releases: (DeployedRelease & { readonly takenBack: boolean })[] = [];
  const seen = new Set<ExecutionId>();
  const takenBack = new Set<ExecutionId>();
  for (let cursor: DeploymentCursor | undefined; ;) {
    const page = await rows.listDeployments(place, { ...(cursor === undefined ? {} : { cursor }), limit: PAGE });
    for (const { executionId, at } of page) {
      if (seen.has(executionId)) continue;
      const row = seen.size < atMost ? await rows.getExecution(executionId) : null;
      const own = row === null ? null : toldBy(row);
      // Too far back, or from before anybody told. Whatever was deployed until then was planned earlier still.
      if (row === null || own === null) return { releases, since: at + 1 };
      seen.add(executionId);
      const { rolledBack, restored } = summaryOf(row);
      if (row.status === 'SUCCESS' && rolledBack != null) takenBack.add(rolledBack.of);
      for (const back of restored ?? []) {
        const before = await rows.getExecution(back.executionId);
        const found = (before === null ? null : toldBy(before)) ?? [];
        const same = found.filter((each) => each.mapping === back.mapping && each.workflow === back.workflow);
        releases.push(...same.map((each) => ({ ...each, takenBack: false })));
      }
      releases.push(...own.map((each) => ({ ...each, takenBack: takenBack.has(executionId) })));
    }
    cursor = page.at(-1);
    if (page.length < PAGE) return { releases, since: 0 };
  }
}

interface Summary {
  readonly releases?: readonly DeployedRelease[];
  readonly restored?: readonly Restored[];
  readonly rolledBack?: { readonly of: ExecutionId } | null;
}

const summaryOf = (row: ExecutionRow): Summary => row.summary as unknown as Summary; // Written by the projector.
const toldBy = (row: ExecutionRow): readonly DeployedRelease[] | null => summaryOf(row).releases ?? null;

const madeAt = (id: string): number => Number(id.split('-')[0]);

/** The deployment itself will be one of those that stay. The one before it stays always, and the last one of any workflow. */
function choose(
  { releases, since }: History,
  deploying: { readonly mapping: string; readonly keep: number; readonly fileName: string | null },
): Releases {
  const good = new Map<string, DeployedRelease>();
  const lasts = new Map<string, DeployedRelease>();
  for (const { takenBack, ...release } of releases) {
    if (takenBack || !release.good) continue;
    if (release.mapping === deploying.mapping && !good.has(release.id)) good.set(release.id, release);
    const key = `${release.workflow}/${release.mapping}`;
    if (!lasts.has(key)) lasts.set(key, release);
  }
  const others = Math.max(1, deploying.keep - 1);
  const kept = [...good.values()].slice(0, others);
  const stay = new Map([...kept, ...lasts.values()].map((each) => [each.id, each]));
  const before = kept.length < others ? since : Math.max(since, Math.min(...kept.map(({ id }) => madeAt(id))));
  const names = new Set([deploying.fileName, ...[...stay.values()].map(({ fileName }) => fileName)]);
  const files = new Map<string, Releases['files'][number]>();
  const old = releases.filter(({ id }) => madeAt(id) >= since && madeAt(id) < before && !stay.has(id));
  for (const { fileName, sha256 } of old) {
    if (sha256 !== null && !names.has(fileName)) files.set(`${fileName}/${sha256}`, { fileName, sha256 });
  }
  const plain = ({ id, fileName, sha256 }: DeployedRelease): GoodRelease => ({ id, fileName, sha256 });
  // Where nothing older is known of, no host has to be asked for it.
  const until = old.length === 0 ? since : before;
  return { good: [...stay.values()].map(plain), since, before: until, files: [...files.values()] };
}
