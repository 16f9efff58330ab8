import { FailureError } from '@fairlead/proto/model/failure.ts';
import type { Attempt } from '../platform.ts';
import { ask } from '../shell/ask.ts';
import type { Host } from '../shell/host.ts';
import { isOld, prunePlan } from './prune-plan.ts';
import { lookProgram, removeProgram } from './prune-program.ts';

const WITHIN_MS = 30_000;

/**
 * After a deployment that succeeded: takes away what releases left on the host that are older than those to keep.
 * Doing it twice is doing it once. That it cannot is told in the log, and is no failure: the next deployment tries again.
 */
export async function prune(attempt: Attempt, host: Host): Promise<void> {
  const { context } = attempt.task;
  const { releases } = context;
  const plan = prunePlan(context);
  if (releases === undefined || plan === null) return;
  const enough = new AbortController();
  const leave = (): void => enough.abort();
  const timer = attempt.system.scheduler.after(WITHIN_MS, leave);
  attempt.signal.addEventListener('abort', leave, { once: true });
  if (attempt.signal.aborted) leave();
  const places = plan.parents.map((parent) => ({ words: host.path(parent) }));
  const tell = (program: (nonce: string) => string) =>
    ask(host.transport, attempt.system, program, { signal: enough.signal });
  try {
    const names = places.map((): string[] => []);
    for (const { word, rest } of await tell((nonce) => lookProgram(places, nonce))) {
      const [index = '', name = ''] = rest.split(' ');
      if (word === 'l')
        warn(attempt, `${plan.parents[Number(index)] ?? ''} is a link to elsewhere: nothing is taken away there`);
      if (word === 'r' && isOld(name, releases)) names[Number(index)]?.push(name);
    }
    const old = places.flatMap((place, index) => {
      const found = names[index] ?? [];
      return found.length === 0 ? [] : [{ place, names: found }];
    });
    if (old.length === 0 && plan.files.length === 0) return;
    const runtime = { words: host.path(context.paths.runtime) };
    const said = await tell((nonce) => removeProgram({ releases: old, runtime, files: plan.files }, nonce));
    for (const { word, rest } of said) {
      if (word === 'd') attempt.log.info(`${rest} removed: older than the releases to keep (${releases.keep}).`);
      if (word === 'w') warn(attempt, rest);
    }
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    warn(attempt, error.message);
  } finally {
    timer.cancel();
    attempt.signal.removeEventListener('abort', leave);
  }
}

const warn = (attempt: Attempt, why: string): void =>
  attempt.log.info(
    `Warning: older releases could not be taken away on ${attempt.task.target?.name ?? 'the host'}: ${why}`,
  );
