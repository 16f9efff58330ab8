import { FailureError, type Failure } from '@fairlead/proto/model/failure.ts';
import type { AttemptId } from '@fairlead/proto/model/ids.ts';
import type { System } from '@fairlead/proto/model/system.ts';
import { ask } from './ask.ts';
import type { Transport } from './channel.ts';
import { claimName } from './claim-name.ts';
import { stopProgram } from './wrapper.ts';

export interface Stopped {
  /** The target itself says that nothing of the attempt runs any more, and that nothing will. */
  readonly confirmed: boolean;
  readonly problem?: Failure | string;
}

/**
 * Ends what runs of an attempt at the target: asks the process group, waits the grace, kills, looks. Answers within the
 * grace and 0.9 seconds, whether the target answers or not.
 */
export async function stopAttempt(
  transport: Transport,
  system: System,
  attempt: { readonly id: AttemptId; readonly base: string },
  graceMs: number,
): Promise<Stopped> {
  const late = new AbortController();
  const claim = { base: attempt.base, name: claimName(attempt.id) };
  const answer = ask(transport, system, (nonce) => stopProgram(claim, nonce, graceMs), {
    urgent: true,
    signal: late.signal,
  }).then(
    (lines): Stopped =>
      lines.some((line) => line.word === 'g')
        ? { confirmed: true }
        : {
            confirmed: false,
            problem: `processes that would not end: ${lines
              .map((line) => line.rest)
              .join(' ')
              .trim()}`,
          },
    (error: unknown): Stopped => {
      if (error instanceof FailureError) return { confirmed: false, problem: error.failures[0] };
      throw error;
    },
  );
  let timer: { cancel(): void } | undefined;
  const tooLate = new Promise<Stopped>((resolve) => {
    timer = system.scheduler.after(graceMs + 900, () =>
      resolve({ confirmed: false, problem: 'the target did not answer in time' }),
    );
  });
  const first = await Promise.race([answer, tooLate]);
  timer?.cancel();
  late.abort();
  return first;
}
