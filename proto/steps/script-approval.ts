import { z } from 'zod';
import { text, type StepType } from './step-type.ts';

/** A script is asked, again and again, until it says that it is approved or rejected (orchestration 12.5). */
export const scriptApprovalParameters = z.strictObject({
  /** For bash. Answers by ending with status 0 and `APPROVAL` set to one of `APPROVAL_WORDS`; anything else is no answer yet. */
  script: text,
  /** Between the end of one try and the next. */
  everyMs: z.number().int().min(1_000),
  publish: z.strictObject({ name: z.string(), scope: z.enum(['PHASE', 'WORKFLOW', 'PIPELINE']) }).optional(),
});
export type ScriptApprovalParameters = z.infer<typeof scriptApprovalParameters>;

export const APPROVAL_WORDS = ['APPROVED', 'REJECTED'] as const;

/** What the agent has learned, and later steps may read (12.6). */
export const scriptApprovalOutputs = z.object({
  approvalStateType: z.literal('SHELL_SCRIPT'),
  approvalStatus: z.enum(['SUCCESS', 'REJECTED']),
});

export const scriptApproval: StepType = {
  type: 'SCRIPT_APPROVAL',
  key: 'approval-script',
  title: 'Approval by Script',
  summary: 'Asks a script on the agent until it says APPROVAL=APPROVED or REJECTED.',
  parameters: scriptApprovalParameters,
  shortForm: 'script',
  runs: 'agent',
  // It only asks.
  idempotent: true,
  deploys: false,
  defaultTimeoutMs: 86_400_000,
  onAgent: [],
};
