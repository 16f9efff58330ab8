/**
 * What can be proven of a pipeline before it runs: that no members of a stage come to wait for each other until their
 * time is over, and that no stage is pointless. Where a condition decides, both is looked at: that whatever is
 * conditional runs, and that it is skipped; only what hangs either way is refused. A party that is skipped, or ends
 * without having come, withdraws from its barriers, so it holds nobody up.
 */
import { references } from '@fairlead/proto/expressions/index.ts';
import { findEntity, type Catalog, type Entity } from './catalog.ts';
import { completeStages } from './complete-pipeline.ts';
import type { LongMember } from './long-pipeline.ts';
import { infrastructureInput } from './pipeline-inputs.ts';
import type { Path, Report } from './problem.ts';
import { findHang, type Moment, type Thread } from './prove-search.ts';
import { constant, threadOf, type Assumption, type RunToProve } from './prove-threads.ts';
import { publishedBy } from './validate-pipeline.ts';

const ASSUMPTIONS: readonly Assumption[] = [{ conditional: true }, { conditional: false }];

type Pipeline = Entity<'pipeline'>;

export function proveStages(pipeline: Pipeline, catalog: Catalog, report: Report): void {
  pipeline.spec.stages.forEach((_, index) => {
    const hangs = ASSUMPTIONS.map((assumption) => findHang(threadsOf(pipeline, catalog, index, assumption)));
    const [hang] = hangs;
    if (hang == null || hangs.includes(null)) return;
    report(
      ['stages', index],
      `its workflows can come to wait for each other:\n${hang.map((line) => `    ${line}`).join('\n')}`,
      'Let all of them take guards and meet at barriers in the same order, or give back what is held before they meet.',
    );
  });
  proveReachable(pipeline, catalog, report);
}

function threadsOf(pipeline: Pipeline, catalog: Catalog, stage: number, assumption: Assumption): readonly Thread[] {
  const kept = pipeline.spec.stages
    .slice(0, stage)
    .flatMap(({ members }) => runsOf(pipeline, catalog, members, assumption))
    .flatMap((run) => keptBy(threadOf(run, catalog, assumption)));
  const threads = runsOf(pipeline, catalog, pipeline.spec.stages[stage]?.members ?? [], assumption).map((run) =>
    threadOf(run, catalog, assumption),
  );
  // What earlier stages keep to the end is taken before anything begins.
  return kept.length === 0 ? threads : threads.map((thread) => lessRoom(thread, kept));
}

/** What stays held when the run has ended. */
const keptBy = (thread: Thread) =>
  thread.moments.flatMap(({ waits }) =>
    waits.flatMap((wait) => (wait.on === 'SHARE' && wait.until === null ? [wait] : [])),
  );

function lessRoom(thread: Thread, kept: ReturnType<typeof keptBy>): Thread {
  const taken = (key: string): number =>
    kept.filter((each) => each.key === key).reduce((sum, { permits }) => sum + permits, 0);
  const moments = thread.moments.map((moment): Moment => ({
    ...moment,
    waits: moment.waits.map((wait) =>
      wait.on === 'SHARE' ? { ...wait, capacity: wait.capacity - taken(wait.key) } : wait,
    ),
  }));
  return { ...thread, moments };
}

const isAlwaysSkipped = ({ skip }: LongMember): boolean =>
  skip === 'always' || (skip !== undefined && constant(skip) === true);

/** One for each copy of a member; approvals wait for people, not for each other. */
export function runsOf(
  { application }: Pipeline,
  catalog: Catalog,
  members: readonly LongMember[],
  { conditional }: Assumption,
): readonly RunToProve[] {
  const taken = new Map<string, number>();
  return members.flatMap((member): readonly RunToProve[] => {
    const workflow = findEntity(catalog, 'workflow', application, member.workflow ?? '');
    if (workflow === undefined || isAlwaysSkipped(member)) return [];
    if (member.skip !== undefined && constant(member.skip) === null && !conditional) return [];
    const input = infrastructureInput(workflow.spec);
    const variables = known(member);
    return (member.infrastructures ?? [null]).map((infrastructure) => {
      const name = `${member.name ?? workflow.name}${infrastructure === null ? '' : ` on ${infrastructure}`}`;
      const number = (taken.get(name) ?? 0) + 1;
      taken.set(name, number);
      const own = infrastructure === null || input === null ? {} : { [input]: infrastructure };
      const shown = number === 1 ? name : `${name} (${number})`;
      return { name: shown, workflow, variables: { ...variables, ...own }, execution: null };
    });
  });
}

/** Values that stand in the pipeline; what people are asked for is not known. */
function known({ variables = {}, ask }: LongMember): Readonly<Record<string, string>> {
  const entries = Object.entries(variables).filter(([name, value]) => {
    return !value.includes('${') && ask?.variables.includes(name) !== true;
  });
  return Object.fromEntries(entries);
}

/** A stage that is always skipped is how people switch it off; a pipeline of such stages does nothing, and says it succeeded. */
function proveReachable({ spec, application }: Pipeline, catalog: Catalog, report: Report): void {
  const members = spec.stages.flatMap((stage) => stage.members);
  if (members.every(isAlwaysSkipped)) {
    report(['stages'], 'every stage is always skipped, so none is ever reached', 'Remove skip from what shall run.');
    return;
  }
  const names = completeStages(spec.stages).map((stage) => stage.name);
  const published = (member: LongMember): readonly string[] => publishedBy(member, catalog, application);
  const alive = new Set(members.filter((each) => !isAlwaysSkipped(each)).flatMap(published));
  spec.stages.forEach((stage, index) =>
    stage.members.forEach((member, number) => {
      if (member.skip === undefined || member.skip === 'always') return;
      const path: Path = ['stages', index, 'members', number, 'skip'];
      for (const { root } of references(member.skip, 'condition')) {
        const from = spec.stages.findIndex((each) => each.members.some((one) => published(one).includes(root)));
        if (from < 0 || alive.has(root)) continue;
        const reason = `'${root}' is published by the stage '${names[from] ?? ''}' alone, which is always skipped: the stage would fail when it is reached`;
        report(path, reason, `Let the other stage run, or do not ask for '${root}'.`);
      }
    }),
  );
}
