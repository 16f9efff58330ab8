import type { ExitCode } from '../exit-codes.ts';
import { EXIT } from '../exit-codes.ts';
import { untilStopped } from '../signals.ts';

/** An agent in this process; its configuration is its environment's. */
export async function agent(): Promise<ExitCode> {
  const { startAgent } = await import('@fairlead/agent/main.ts');
  void startAgent;
  await untilStopped();
  return EXIT.SUCCESS;
}
