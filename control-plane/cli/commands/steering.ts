/** What people do to an execution that runs, apart from aborting it and rolling it back. */
import { formatDuration } from '@fairlead/proto/model/duration.ts';
import { z } from 'zod';
import { forcedSettlement, openIntervention } from '../../api/http/routes/steering.ts';
import { segment } from '../api-client.ts';
import { usage } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { EXIT } from '../exit-codes.ts';
import { present } from '../output.ts';

const noted = z.object({ executionId: z.string() });
const waiting = z.object({ executionId: z.string(), interventions: z.array(openIntervention) });

/** `end` for END_EXECUTION: the words are those of `onFailure`. */
const WORDS = {
  retry: 'RETRY',
  ignore: 'IGNORE',
  'mark-success': 'MARK_SUCCESS',
  end: 'END_EXECUTION',
  abort: 'ABORT',
  rollback: 'ROLLBACK_WORKFLOW',
  'rollback-provisioners-last': 'ROLLBACK_PROVISIONER_AFTER_PHASES',
} as const;
export const INTERVENTION_WORDS: readonly string[] = Object.keys(WORDS);

const wordOf = (action: string): string => Object.entries(WORDS).find(([, each]) => each === action)?.[0] ?? action;

export async function pauseExecution(context: Context, id: string, reason: string): Promise<ExitCode> {
  const result = await context.api.post(`/executions/${segment(id)}/pause`, noted, { reason });
  present(
    context.format,
    result,
    () => `Pausing ${result.executionId}: what runs goes on to its end, nothing new begins.`,
  );
  return EXIT.SUCCESS;
}

export async function resumeExecution(context: Context, id: string): Promise<ExitCode> {
  const result = await context.api.post(`/executions/${segment(id)}/resume`, noted, {});
  present(context.format, result, () => `${result.executionId} goes on.`);
  return EXIT.SUCCESS;
}

interface Decision {
  readonly step?: string;
  /** Left out: what waits is listed. */
  readonly do?: string;
  readonly reason: string;
}

export async function interveneInExecution(context: Context, id: string, decision: Decision): Promise<ExitCode> {
  const { step, do: word, reason } = decision;
  if (word === undefined) return listWaiting(context, id);
  const action = Object.entries(WORDS).find(([each]) => each === word)?.[1];
  if (action === undefined) throw usage(`--do ${word}: unknown. Choose one of ${INTERVENTION_WORDS.join(', ')}.`);
  const answer = z.object({ executionId: z.string(), stepId: z.string() });
  const body = { action, reason, ...(step === undefined ? {} : { step }) };
  const result = await context.api.post(`/executions/${segment(id)}/intervene`, answer, body);
  present(context.format, result, () => `Decided: ${word} for ${result.stepId}.`);
  return EXIT.SUCCESS;
}

async function listWaiting(context: Context, id: string): Promise<ExitCode> {
  const result = await context.api.get(`/executions/${segment(id)}/interventions`, waiting);
  present(context.format, result, () => {
    if (result.interventions.length === 0) return `No step of ${result.executionId} waits for a decision.`;
    return result.interventions
      .flatMap((each) => [
        `${each.where} / ${each.name}`,
        `  failed: ${each.failure.message}`,
        `  waits for ${formatDuration(each.until - each.since)} until ${new Date(each.until).toISOString()}, then ${wordOf(each.afterTimeout)}`,
        `  decide: fairlead executions intervene ${result.executionId} --step '${each.name}' --do ${each.choices.map(wordOf).join('|')}`,
      ])
      .join('\n');
  });
  return EXIT.SUCCESS;
}

interface Settling {
  readonly yes?: boolean;
  readonly reason: string;
}

/** Shows first; only `--yes` does it, with exactly what was shown. */
export async function settleByForce(context: Context, id: string, { yes, reason }: Settling): Promise<ExitCode> {
  const path = `/executions/${segment(id)}/forced-settlement`;
  const shown = await context.api.get(path, forcedSettlement);
  if (yes === true) {
    if (reason === '') throw usage('--reason is missing: it is kept in the journal.');
    await context.api.post(path, noted, { reason, unconfirmed: shown.unconfirmed });
  }
  present(context.format, shown, () => {
    const { unconfirmed, locks } = shown;
    const lines = [
      yes === true ? `${shown.executionId} is settled.` : `Settling ${shown.executionId} by force would give up:`,
      ...unconfirmed.map((each) => `  not confirmed: ${each}`),
      ...locks.map((each) => `  lock that becomes free: ${each}`),
      ...(unconfirmed.length + locks.length === 0 ? ['  nothing'] : []),
    ];
    const mend =
      'Look at those targets first: what runs there may go on while others deploy. Then: --yes --reason <text>.';
    return [...lines, ...(yes === true ? [] : [mend])].join('\n');
  });
  return EXIT.SUCCESS;
}
