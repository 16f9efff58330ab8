import { parseDuration } from '@fairlead/proto/model/duration.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import { approval } from '@fairlead/proto/steps/approval.ts';
import { scriptApproval } from '@fairlead/proto/steps/script-approval.ts';
import type { RunPlan, StepPlan } from '../engine/plan.ts';
import { asJson } from './json-values.ts';
import type { LongApproval } from './long-pipeline.ts';
import type { Member } from './pipeline-request.ts';

/** An approval stage: a run without phases whose one step waits for a person, or asks a script. */
export function approvalRun(id: string, member: Member, of: LongApproval, families: JsonObject): RunPlan {
  return {
    id,
    workflow: { id: '', name: member.name },
    name: member.name,
    type: 'APPROVAL',
    skip: member.skip ?? null,
    environment: null,
    families,
    pre: {
      id: 'pre',
      name: 'Approval',
      type: 'APPROVAL',
      parallel: false,
      steps: [approvalStep(member.name, of)],
      undoes: null,
      skip: null,
      waitMs: 0,
      failureStrategies: [],
    },
    phases: [],
    post: null,
    failureStrategies: [],
    lock: null,
  };
}

/** Where nothing is said of how often a script is asked. */
export const ASKED_EVERY_MS = 60_000;

function approvalStep(name: string, asked: LongApproval): StepPlan {
  const { publish, timeout } = asked;
  return {
    id: 't1',
    name,
    ...(asked.script === undefined ? ofPeople(asked) : ofScript(asked.script, asked)),
    timeoutMs: parseDuration(timeout ?? '') ?? approval.defaultTimeoutMs,
    waitMs: 0,
    skip: null,
    withPrevious: false,
    publish: publish === undefined ? null : { name: publish, scope: 'PIPELINE' },
    artifact: null,
    idempotent: true,
    deploys: false,
  };
}

type Asked = Pick<StepPlan, 'type' | 'parameters' | 'runs' | 'cancelGraceMs' | 'selectors'>;

const ofPeople = ({ groups, inputs, autoReject }: LongApproval): Asked => ({
  type: approval.type,
  parameters: asJson(approval.parameters.parse({ groups, inputs, autoReject })),
  runs: 'decided',
  cancelGraceMs: 0,
  selectors: [],
});

const ofScript = (script: string, { every, agents = [] }: LongApproval): Asked => ({
  type: scriptApproval.type,
  parameters: asJson(
    scriptApproval.parameters.parse({ script, everyMs: parseDuration(every ?? '') ?? ASKED_EVERY_MS }),
  ),
  runs: 'agent',
  cancelGraceMs: 1_000,
  selectors: agents,
});
