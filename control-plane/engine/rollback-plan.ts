/**
 * The plan of a deployment turned round (orchestration 6.5, 10.6): its rollback sections, on the hosts it deployed to,
 * newest phase first. What was provisioned before it stays: the version that comes back needs it.
 */
import type { Execution, Output, Phase, Run } from './execution.ts';
import type { PhasePlan, RunPlan, SectionPlan, StagePlan } from './plan.ts';
import { isUndone } from './plan-of.ts';
import { allHosts } from './rules/select-nodes.ts';
import { SELECT_NODES } from './step-kinds.ts';

/**
 * `run`: what became of that plan; undefined when it never began, so that there is nothing to undo and no phase is left.
 * `outputs`: of its execution; what the run published for itself is what its rollback steps read.
 * Keeps the ids of the plan: in the same execution the caller gives the run another.
 */
export function rollbackRunOf(plan: RunPlan, run: Run | undefined, outputs: readonly Output[] = []): RunPlan {
  const phases = plan.phases.toReversed().flatMap((phase) => undoing(phase, run, outputs) ?? []);
  const owners = new Set([run?.id, ...(run?.phases ?? []).map((phase) => phase.id)]);
  const inherits = outputs.flatMap(({ name, values, owner }) => (owners.has(owner) ? [{ name, values }] : []));
  const inherited = inherits.length === 0 ? {} : { inherits };
  return { ...plan, pre: null, undoPre: null, post: null, phases, undoing: true, ...inherited };
}

/**
 * All of an execution, newest stage first; what it took over, too, as that was known when it ran. Each of them reads what
 * was published for all of the pipeline, as it would have when it was rolled back at once.
 */
export function rollbackStagesOf({ id, plan, runs, outputs }: Execution): readonly StagePlan[] {
  const ran = new Map(runs.map((run) => [run.planId, run]));
  const owner: string = id;
  const shared = outputs.flatMap((each) => (each.owner === owner ? [{ name: each.name, values: each.values }] : []));
  const withShared = (run: RunPlan): RunPlan =>
    shared.length === 0 ? run : { ...run, inherits: [...shared, ...(run.inherits ?? [])] };
  return plan.stages.toReversed().map(({ takenOver, ...stage }) => ({
    ...stage,
    runs: stage.runs.map((run) => {
      // A build leaves nothing on any host.
      if (run.type === 'BUILD') return rollbackRunOf(run, undefined);
      const before = takenOver?.find(({ runId }) => runId === run.id);
      const own = before === undefined ? rollbackRunOf(run, ran.get(run.id), outputs) : before.rollback;
      return withShared(own ?? rollbackRunOf(run, undefined));
    }),
  }));
}

/** One pass over all of its hosts. A section that undoes another runs where that one has done something. */
function undoing(phase: PhasePlan, run: Run | undefined, outputs: readonly Output[]): PhasePlan | null {
  const passes = run?.phases.filter((each) => isPassOf(phase, each)) ?? [];
  const deployed = new Set(passes.flatMap((pass) => hostsOf(phase, pass)));
  if (passes.length === 0 || (phase.hosts.length > 0 && deployed.size === 0)) return null;
  const inherits = passes.flatMap(({ id }) =>
    outputs.flatMap(({ name, values, owner }) => (owner === id ? [{ name, values }] : [])),
  );
  return {
    ...phase,
    ...(inherits.length === 0 ? {} : { inherits }),
    name: `Rollback ${phase.name}`,
    hosts: phase.hosts.filter((host) => deployed.has(host.name)),
    rolling: false,
    sections: phase.rollback
      .filter((section) => hasItsTurn(section, passes))
      .map((section): SectionPlan => ({ ...section, undoes: null })),
    rollback: [],
  };
}

/** One without steps is shown, and does nothing. */
const hasItsTurn = (section: SectionPlan, passes: readonly Phase[]): boolean =>
  section.undoes === null || section.steps.length === 0 || passes.some(({ sections }) => isUndone(section, sections));

/** What was skipped has done nothing. */
const isPassOf = (plan: PhasePlan, { kind, planId, status }: Phase): boolean =>
  kind === 'FORWARD' && planId === plan.id && status !== 'SKIPPED';

/** Where nothing selects hosts, it worked on every host there is; where that was skipped, on those of its tasks. */
const hostsOf = (plan: PhasePlan, pass: Phase): readonly string[] =>
  (pass.hosts ?? (selectsHosts(plan) ? targetsOf(pass) : allHosts(plan))).filter(
    (host) => !pass.dropped.includes(host),
  );

const selectsHosts = ({ sections }: PhasePlan): boolean =>
  sections.some(({ steps }) => steps.some(({ type }) => type === SELECT_NODES));

const targetsOf = ({ sections }: Phase): readonly string[] =>
  sections.flatMap(({ steps }) => steps.flatMap(({ tasks }) => tasks.map(({ target }) => target)));
