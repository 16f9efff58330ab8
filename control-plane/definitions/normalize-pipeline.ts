/** Authored pipelines → long form: stages with members, whatever of the short forms they were written in. */
import { compact, mapValues } from './json-values.ts';
import type { LongApproval, LongAsk, LongMember, LongPipeline, LongStage } from './long-pipeline.ts';
import { longInput } from './normalize.ts';
import { longDuration, longList, longValues } from './normalize-values.ts';
import type { Path, Report } from './problem.ts';
import type {
  AuthoredApproval,
  AuthoredAsk,
  AuthoredMember,
  AuthoredPipeline,
  AuthoredStage,
} from './schema-pipeline.ts';

interface Written {
  readonly member: AuthoredMember;
  /** Below the pipeline. */
  readonly path: Path;
}

interface WrittenStage {
  readonly name?: string;
  readonly path: Path;
  readonly members: readonly Written[];
}

export function longPipeline(pipeline: AuthoredPipeline, path: Path, report: Report): LongPipeline {
  const stages = writtenStages(pipeline, (at, reason, mend) => report([...path, ...at], reason, mend, 'key'));
  return compact({
    description: pipeline.description,
    inputs: pipeline.inputs && mapValues(pipeline.inputs, longInput),
    stages: stages.map(
      (stage) =>
        compact({
          name: stage.name,
          members: stage.members.map((each) => longMember(each.member, [...path, ...each.path], report)),
        }) as LongStage, // `compact` leaves out what is undefined.
    ),
    rollbackOnFailure: pipeline.rollbackOnFailure,
  }) as LongPipeline; // As above.
}

/** Translates a path below the long form to where it stands in what was written. */
export function placesIn(pipeline: AuthoredPipeline): (path: Path) => Path {
  const stages = writtenStages(pipeline, () => undefined);
  return (path) => {
    const [root, stageIndex, field, memberIndex, ...rest] = path;
    const stage = root === 'stages' && typeof stageIndex === 'number' ? stages[stageIndex] : undefined;
    if (stage === undefined) return path;
    const written = field === 'members' && typeof memberIndex === 'number' ? stage.members[memberIndex] : undefined;
    if (written === undefined) return field === undefined ? stage.path : [...stage.path, field];
    const inside = rest[0] === 'ask' && Array.isArray(written.member.ask) ? ['ask', ...rest.slice(2)] : rest;
    return [...written.path, ...inside];
  };
}

function writtenStages(
  pipeline: AuthoredPipeline,
  refuse: (path: Path, reason: string, mend: string) => void,
): readonly WrittenStage[] {
  const stages: WrittenStage[] = [];
  pipeline.stages.forEach((authored, index) => {
    const stage = writtenStage(authored, ['stages', index]);
    const joins = stage.members.filter((each) => each.member.parallel === true);
    const [only, ...others] = stage.members;
    const before = stages.at(-1);
    if (joins.length === 0) stages.push(stage);
    else if (others.length > 0 || only === undefined || typeof authored !== 'object' || 'members' in authored) {
      for (const { path } of joins)
        refuse([...path, 'parallel'], 'members of one stage run together anyhow', 'Remove parallel.');
      stages.push(stage);
    } else if (before === undefined) {
      refuse([...only.path, 'parallel'], 'there is no stage before it', 'Remove parallel.');
      stages.push(stage);
    } else stages[stages.length - 1] = { ...before, members: [...before.members, only] };
  });
  return stages;
}

function writtenStage(stage: AuthoredStage, path: Path): WrittenStage {
  if (typeof stage === 'string') return { path, members: [{ member: { workflow: stage }, path }] };
  const of = (members: readonly (AuthoredMember | string)[], at: Path): readonly Written[] =>
    members.map((each, index) => ({
      member: typeof each === 'string' ? { workflow: each } : each,
      path: [...at, index],
    }));
  if (Array.isArray(stage)) return { path, members: of(stage, path) };
  const map = stage as Exclude<AuthoredStage, string | readonly unknown[]>; // Lists have been told apart just above.
  if (!('members' in map)) return { path, members: [{ member: map, path }] };
  const name = map.name === undefined ? {} : { name: map.name };
  return { ...name, path, members: of(map.members, [...path, 'members']) };
}

function longMember(member: AuthoredMember, path: Path, report: Report): LongMember {
  const { name, workflow, approval, variables, infrastructures, ask, skip } = member;
  if (workflow === undefined && approval === undefined) {
    report(path, 'the stage says nothing to do', 'Add workflow: with a name, or approval: with its groups.');
  }
  if (approval !== undefined) {
    const others = { workflow, variables, infrastructures, ask };
    for (const [field, value] of Object.entries(others)) {
      if (value === undefined) continue;
      report([...path, field], `an approval has no '${field}'`, 'Make it a stage of its own, or remove it.', 'key');
    }
  }
  if (skip === false) report([...path, 'skip'], 'false skips nothing', 'Remove skip.', 'key');
  return compact({
    name,
    workflow,
    approval: approval && longApproval(approval, [...path, 'approval'], report),
    variables: variables && longValues(variables),
    infrastructures,
    ask: ask && longAsk(ask),
    skip: skip === undefined ? undefined : skip === true ? 'always' : String(skip),
  }) as LongMember; // `compact` leaves out what is undefined.
}

const longAsk = (ask: AuthoredAsk): LongAsk => {
  if (Array.isArray(ask)) return { variables: ask };
  const map = ask as Exclude<AuthoredAsk, readonly unknown[]>; // Told apart just above.
  return compact({ ...map, timeout: map.timeout && longDuration(map.timeout) }) as LongAsk; // As above.
};

function longApproval(approval: AuthoredApproval, path: Path, report: Report): LongApproval {
  const { timeout, inputs, every, agents, ...rest } = approval;
  if (rest.groups === undefined && rest.script === undefined) {
    report(path, 'nobody is asked', 'Add groups: of people, or script: of a shell that is asked.');
  }
  const [who, others] =
    rest.script === undefined
      ? (['people', ['every', 'agents']] as const)
      : (['a script', ['groups', 'inputs', 'autoReject']] as const);
  for (const field of others) {
    if (approval[field] === undefined) continue;
    report([...path, field], `an approval by ${who} has no '${field}'`, 'Remove it.', 'key');
  }
  return compact({
    ...rest,
    every: every && longDuration(every),
    agents: agents === undefined ? undefined : longList(agents),
    inputs: inputs && longValues(inputs),
    timeout: timeout && longDuration(timeout),
  }) as LongApproval; // As above.
}
