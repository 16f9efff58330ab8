import { z } from 'zod';
import { text, type StepType } from './step-type.ts';

/** A person answers: approves, rejects, or (in a workflow) rejects and rolls back (orchestration 12.2). */
export const approvalParameters = z.strictObject({
  /** Members of any of them may answer; one answer decides. */
  groups: z.array(text).default([]),
  /** Values that whoever approves may change, and that are published: name → default. */
  inputs: z.record(z.string().regex(/^[a-zA-Z0-9_]+$/, 'letters, digits and underscore only'), text).default({}),
  /** Approving rejects older executions that wait at the same approval. */
  autoReject: z.boolean().default(false),
});
export type ApprovalParameters = z.infer<typeof approvalParameters>;

export const approval: StepType = {
  type: 'APPROVAL',
  key: 'approval',
  title: 'Approval',
  summary: 'Waits until a person approves or rejects.',
  parameters: approvalParameters,
  shortForm: null,
  runs: 'decided',
  idempotent: true,
  deploys: false,
  defaultTimeoutMs: 86_400_000,
  onAgent: [],
};
