import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import { APPROVAL_WORDS, type ScriptApprovalParameters } from '@fairlead/proto/steps/script-approval.ts';
import { formatDuration } from '@fairlead/proto/model/duration.ts';
import type { Attempt } from '../platform.ts';
import { runClaimedUnit, type ClaimedEnd } from './claimed-unit.ts';
import type { Host } from './host.ts';
import { pause } from './run-unit.ts';
import { stoppedResult } from './stop-reason.ts';

const ANSWER = 'APPROVAL';

/** Asks the script until it answers; each try is a unit of its own, so that an agent that comes back goes on from there. */
export async function runApproval(
  attempt: Attempt,
  host: Host,
  { script, everyMs }: ScriptApprovalParameters,
): Promise<AttemptResult> {
  const { log, signal, system } = attempt;
  const body = await host.text(script);
  for (let tries = 0; ; tries += 1) {
    const end = await runClaimedUnit(attempt, host.transport, {
      base: host.claims,
      unit: tries,
      units: tries + 1,
      shell: 'bash',
      exports: host.exports,
      directory: { words: host.path('$WINGS_RUNTIME_PATH'), required: false },
      script: body,
      outputs: [ANSWER],
    });
    if (end.end === 'stopped') return stoppedResult(attempt, false, end.confirmed, host.name);
    if (end.end === 'canceled') return stoppedResult(attempt, false, true, host.name);
    // Whether it can be asked at all will not change by asking again.
    if (end.end === 'not-started') return { outcome: 'FAILED', failure: end.failure, touched: false };
    const answer = answerIn(end);
    if (answer !== null) {
      log.info(`The script says ${answer}.`);
      const approvalStatus = answer === 'APPROVED' ? 'SUCCESS' : 'REJECTED';
      return { outcome: 'SUCCESS', outputs: { approvalStateType: 'SHELL_SCRIPT', approvalStatus }, touched: false };
    }
    log.info(`${why(end)}: asking again in ${formatDuration(everyMs)}.`);
    await pause(everyMs, system, signal);
    if (signal.aborted) return stoppedResult(attempt, false, true, host.name);
  }
}

function answerIn(end: ClaimedEnd): (typeof APPROVAL_WORDS)[number] | null {
  if (end.end !== 'exited' || end.status !== 0) return null;
  const said = end.values.get(ANSWER)?.toString('utf8').trim();
  return APPROVAL_WORDS.find((word) => word === said) ?? null;
}

function why(end: ClaimedEnd): string {
  if (end.end !== 'exited') return 'How the script ended is not known';
  return end.status === 0
    ? `The script set ${ANSWER} to none of ${APPROVAL_WORDS.join(', ')}`
    : `The script ended with status ${end.status}`;
}
