import type { z } from 'zod';
import { CliError } from './cli-error.ts';
import type { Context } from './context.ts';
import { EXIT } from './exit-codes.ts';

const RETRY_MS = 500;

/** An answer that was lost is asked for again: the key makes sure that nothing is started twice. */
export async function startOnce<S extends z.ZodType>(
  context: Context,
  path: string,
  schema: S,
  body: object,
  key = context.system.ids.unique('cli'),
): Promise<z.output<S>> {
  const { clock, scheduler } = context.system;
  const giveUpAt = clock.monotonic() + context.patienceMs;
  for (let sent = false; ;) {
    try {
      return await context.api.post(path, schema, body, { 'idempotency-key': key });
    } catch (error) {
      const lost = error instanceof CliError && error.exitCode === EXIT.CONNECTION_LOST;
      // Nobody listens at all: waiting for that is no service to the caller.
      const refusedAtFirst = lost && !sent && /ECONNREFUSED|ENOTFOUND/.test(error.message);
      if (!lost || refusedAtFirst || clock.monotonic() >= giveUpAt) throw error;
      if (!sent) {
        const reason = error.message.split('\n', 1)[0];
        process.stderr.write(`fairlead: ${reason} Tried again for ${context.patienceMs / 1000} s.\n`);
      }
      sent = true;
      await scheduler.sleep(RETRY_MS);
      context.api.renew();
    }
  }
}
