/** What the commands that speak to a control plane have in common. */
import type { Command } from 'commander';
import type { Context } from './context.ts';
import type { ExitCode } from './exit-codes.ts';

export type Finish = (code: ExitCode) => void;
export type Client = (command: Command, run: (context: Context) => Promise<ExitCode>) => Promise<void>;

/** Runs a command: context first, then the command, then its exit code. */
export const clientOf =
  (finish: Finish): Client =>
  async (command, run) => {
    const { openContext } = await import('./context.ts');
    finish(await run(openContext(command)));
  };

/** An option that may be given several times. */
export const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  value,
];
