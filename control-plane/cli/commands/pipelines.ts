import { z } from 'zod';
import { waitingExecution } from '../../api/http/routes/pipelines.ts';
import { segment } from '../api-client.ts';
import { usage } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { EXIT } from '../exit-codes.ts';
import { present, tableOf, timeText } from '../output.ts';
import { pairs } from '../pairs.ts';
import { startOnce } from '../start-once.ts';
import { waitFor } from '../wait.ts';

const KINDS = {
  APPROVAL: 'approval',
  APPROVAL_STAGE: 'approval',
  INPUTS: 'inputs',
  INTERVENTION: 'failure to decide on',
} as const;

export async function listWaiting(context: Context, options: { readonly application?: string }): Promise<ExitCode> {
  const result = await context.api.get('/waiting', z.object({ waiting: z.array(waitingExecution) }), { ...options });
  present(context.format, result, () => {
    const rows = result.waiting.map(({ executionId, name, waiting }) => [
      executionId,
      name,
      KINDS[waiting.kind],
      waiting.name === waiting.where ? waiting.name : `${waiting.where} / ${waiting.name}`,
      waiting.groups.join(', '),
      waiting.variables.map((each) => each.name).join(', '),
      timeText(waiting.until),
    ]);
    return tableOf(
      ['EXECUTION', 'NAME', 'WAITS FOR', 'AT', 'GROUPS', 'VALUES', 'UNTIL'],
      rows,
      'Nothing waits for anybody.',
    );
  });
  return EXIT.SUCCESS;
}

export interface AnswerOptions {
  readonly step?: string;
  readonly comment: string;
  readonly var?: readonly string[];
  readonly rollback?: boolean;
}

const answered = z.object({ executionId: z.string(), step: z.string() });

export async function answerApproval(
  context: Context,
  id: string,
  approves: boolean,
  { step, comment, var: given = [], rollback = false }: AnswerOptions,
): Promise<ExitCode> {
  const variables = pairsOrUsage('--var', given);
  const answer = approves ? 'APPROVE' : rollback ? 'REJECT_AND_ROLLBACK' : 'REJECT';
  const body = { ...(step === undefined ? {} : { step }), answer, comment, variables };
  const result = await context.api.post(`/executions/${segment(id)}/approvals`, answered, body);
  present(context.format, result, () => `${approves ? 'Approved' : 'Rejected'}: ${result.step}.`);
  return EXIT.SUCCESS;
}

const taken = z.object({ executionId: z.string(), run: z.string() });

export async function giveInputs(
  context: Context,
  id: string,
  options: { readonly run?: string; readonly var?: readonly string[] },
): Promise<ExitCode> {
  const values = pairsOrUsage('--var', options.var ?? []);
  const body = { ...(options.run === undefined ? {} : { run: options.run }), values };
  const result = await context.api.post(`/executions/${segment(id)}/inputs`, taken, body);
  present(context.format, result, () => `Given: ${result.run} goes on.`);
  return EXIT.SUCCESS;
}

const started = z.object({ executionId: z.string() });

export async function resumePipeline(
  context: Context,
  id: string,
  options: { readonly from?: string; readonly wait?: boolean },
): Promise<ExitCode> {
  const body = options.from === undefined ? {} : { stage: options.from };
  const path = `/executions/${segment(id)}/resume-pipeline`;
  return tellStarted(context, await startOnce(context, path, started, body), options);
}

export async function rerun(
  context: Context,
  id: string,
  options: { readonly skipSameVersion?: boolean; readonly wait?: boolean },
): Promise<ExitCode> {
  const body = options.skipSameVersion === true ? { skipSameVersion: true } : {};
  return tellStarted(context, await startOnce(context, `/executions/${segment(id)}/rerun`, started, body), options);
}

async function tellStarted(
  context: Context,
  result: { readonly executionId: string },
  { wait }: { readonly wait?: boolean },
): Promise<ExitCode> {
  if (wait === true) return waitFor(context, result.executionId);
  present(
    context.format,
    result,
    () => `Started ${result.executionId}. Watch it with \`fairlead executions watch ${result.executionId}\`.`,
  );
  return EXIT.SUCCESS;
}

function pairsOrUsage(flag: string, texts: readonly string[]): Record<string, string> {
  const problems: string[] = [];
  const found = pairs(flag, texts, problems);
  if (problems.length > 0) throw usage(...problems);
  return found;
}
