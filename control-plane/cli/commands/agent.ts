import { runAgentCommand } from '@fairlead/agent/command.ts';
import { VERSION } from '../../version.ts';

/** An agent in this process: its options are its own, so they are not read here. */
export function agent(options: readonly string[]): Promise<number> {
  return runAgentCommand(options, {
    env: process.env,
    version: VERSION,
    print: (text) => void process.stdout.write(text),
    complain: (text) => void process.stderr.write(text),
    onEnd(ask) {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, ask);
    },
    crash: () => void process.kill(process.pid, 'SIGKILL'),
  });
}
