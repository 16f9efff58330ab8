import { z } from 'zod';
import { duration, nonEmpty, publishName, scalar, text, variableName } from './fields.ts';

/** What an approval says, as a stage and as a step. */
export const approvalFields = {
  groups: nonEmpty(text).describe('Members of any of them may answer.'),
  inputs: z
    .record(variableName, scalar)
    .describe('Values, with their defaults, that whoever approves may change and that are published.'),
  publish: publishName.describe('The name under which the answer is published.'),
  autoReject: z.boolean().describe('Approving rejects older executions that wait at the same approval.'),
};

/** A script that is asked instead of people. */
export const askedScript = {
  script: text.describe(
    'For bash, on an agent: ends with status 0 and APPROVAL=APPROVED or APPROVAL=REJECTED; anything else is asked again.',
  ),
  every: duration.describe('Waited between two tries of the script; 1m when left out.'),
};
