import { formatDuration } from '@fairlead/proto/model/duration.ts';
import type { Catalog } from './catalog.ts';
import { compact } from './json-values.ts';
import type { LongApproval, LongAsk, LongMember, LongPipeline, LongStage } from './long-pipeline.ts';
import { completePipelineInputs } from './pipeline-inputs.ts';
import { ASKED_EVERY_MS } from './plan-approval.ts';

export interface CompleteStage {
  /** Unique in the pipeline: people resume from it. */
  readonly name: string;
  readonly members: readonly (LongMember & { readonly name: string })[];
}

export interface CompletePipeline extends LongPipeline {
  readonly stages: readonly CompleteStage[];
  readonly rollbackOnFailure: boolean;
}

const DEFAULT_APPROVAL_TIMEOUT = '1d';
const DEFAULT_ASK_TIMEOUT = '1d';

/** With every name, timeout and input written out. */
export function completePipeline(spec: LongPipeline, catalog: Catalog, application: string): CompletePipeline {
  const inputs = completePipelineInputs(spec, catalog, application);
  return compact({
    description: spec.description,
    inputs: Object.keys(inputs).length === 0 ? undefined : inputs,
    stages: completeStages(spec.stages),
    rollbackOnFailure: spec.rollbackOnFailure ?? false,
  }) as CompletePipeline; // `compact` leaves out what is undefined.
}

export function completeStages(stages: readonly LongStage[]): readonly CompleteStage[] {
  const names = new Set(stages.flatMap((stage) => writtenName(stage) ?? []));
  return stages.map((stage) => ({
    name: writtenName(stage) ?? freeName(stage.members.map(memberName).join(', '), names),
    members: stage.members.map((member) => ({ name: memberName(member), ...completeMember(member) })),
  }));
}

/** The name of its only member is as good as one of its own. */
const writtenName = ({ name, members }: LongStage): string | undefined =>
  name ?? (members.length === 1 ? members[0]?.name : undefined);

const memberName = ({ name, workflow }: LongMember): string => name ?? workflow ?? 'Approval';

/** Names have at most 128 characters; the same workflow may stand in several stages. */
function freeName(wanted: string, taken: Set<string>): string {
  const short = wanted.replaceAll(',', ' and').slice(0, 120).trim();
  let name = short;
  for (let number = 2; taken.has(name); number += 1) name = `${short} ${number}`;
  taken.add(name);
  return name;
}

const completeMember = (member: LongMember): LongMember =>
  compact({
    workflow: member.workflow,
    approval: member.approval && completeApproval(member.approval),
    variables: member.variables,
    infrastructures: member.infrastructures,
    ask: member.ask && completeAsk(member.ask),
    skip: member.skip,
  }) as LongMember; // As above.

const completeApproval = ({ groups, script, every, agents, ...rest }: LongApproval): LongApproval => {
  const { inputs, publish, autoReject, timeout } = rest;
  return compact({
    groups,
    script,
    every: script === undefined ? undefined : (every ?? formatDuration(ASKED_EVERY_MS)),
    agents,
    inputs,
    publish,
    autoReject: script === undefined ? (autoReject ?? false) : undefined,
    timeout: timeout ?? DEFAULT_APPROVAL_TIMEOUT,
  }) as LongApproval; // As above.
};

const completeAsk = ({ variables, timeout, onTimeout, groups }: LongAsk): LongAsk =>
  compact({
    variables,
    timeout: timeout ?? DEFAULT_ASK_TIMEOUT,
    onTimeout: onTimeout ?? 'end',
    groups,
  }) as LongAsk; // As above.
