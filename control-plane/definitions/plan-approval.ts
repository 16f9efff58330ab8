import { parseDuration } from '@fairlead/proto/model/duration.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import { approval } from '@fairlead/proto/steps/approval.ts';
import type { RunPlan, StepPlan } from '../engine/plan.ts';
import { asJson } from './json-values.ts';
import type { LongApproval } from './long-pipeline.ts';
import type { Member } from './pipeline-request.ts';

/** An approval stage: a run without phases whose one step waits for a person. */
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

function approvalStep(name: string, { groups, inputs, publish, autoReject, timeout }: LongApproval): StepPlan {
  return {
    id: 't1',
    name,
    type: approval.type,
    parameters: asJson(approval.parameters.parse({ groups, inputs, autoReject })),
    runs: 'decided',
    timeoutMs: parseDuration(timeout ?? '') ?? approval.defaultTimeoutMs,
    cancelGraceMs: 0,
    waitMs: 0,
    skip: null,
    withPrevious: false,
    selectors: [],
    publish: publish === undefined ? null : { name: publish, scope: 'PIPELINE' },
    artifact: null,
    idempotent: true,
    deploys: false,
  };
}
