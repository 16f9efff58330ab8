import { pino } from 'pino';
import { crashAt, NO_CRASH } from '@fairlead/proto/model/crash-points.ts';
import type { CrashPoints } from '@fairlead/proto/model/crash.ts';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import { realSystem } from './adapters/system.ts';
import type { AgentEnd } from './agent.ts';
import { loadConfig } from './config.ts';
import { startAgent } from './lifecycle.ts';
import { helpText } from './options.ts';
import { createWorkshop } from './platforms/index.ts';

/** What a process is told from outside. */
export interface AgentProcess {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** What was asked for. */
  print(text: string): void;
  /** What went wrong. */
  complain(text: string): void;
  /** Calls back at each request to end: the first drains, the second stops. */
  onEnd(ask: () => void): void;
  /** Dies at once, as a crash would. */
  crash(): void;
}

/** Runs an agent until it ends. The exit status: 0 when told to end, 1 when it could not go on, 2 for bad settings. */
export async function runAgentCommand(args: readonly string[], outside: AgentProcess): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    outside.print(helpText('fairlead-agent'));
    return 0;
  }
  const givenUp = new AbortController();
  try {
    const config = loadConfig(args, outside.env);
    const logger = pino({ level: config.logLevel, base: { agent: config.name } });
    let asked = 0;
    let end: (() => void) | null = null;
    outside.onEnd(() => {
      asked += 1;
      if (end === null) givenUp.abort();
      else end();
    });
    const agent = await startAgent(
      config,
      {
        system: realSystem,
        logger,
        crash: crashPoints(outside),
        version: outside.version,
        workshop: (directory) => createWorkshop({ directory, system: realSystem, logger }),
      },
      givenUp.signal,
    );
    end = () => void (asked > 1 ? agent.stop() : agent.drain());
    if (asked > 0) end();
    return statusOf(await agent.ended, outside);
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    if (givenUp.signal.aborted) return 0;
    for (const { message } of error.failures) outside.complain(`fairlead-agent: ${message}\n`);
    return error.failures.some(({ code }) => code === 'INVALID_INPUT') ? 2 : 1;
  }
}

function statusOf(end: AgentEnd, { complain }: AgentProcess): number {
  switch (end.end) {
    case 'stopped':
      return 0;
    case 'revoked':
      complain(`fairlead-agent: the control plane revoked this agent: ${end.reason}\n`);
      return 1;
    case 'rejected':
      complain(`fairlead-agent: the control plane does not let this agent in: ${end.error.message}\n`);
      return 1;
    case 'ledger-lost':
      complain(`fairlead-agent: ${end.error.message}\n`);
      return 1;
  }
}

function crashPoints({ env, crash }: AgentProcess): CrashPoints {
  const text = env['FAIRLEAD_CRASH_AT'];
  if (text === undefined) return NO_CRASH;
  const points = crashAt(text, crash);
  if (points !== null) return points;
  throw new FailureError(failure('INVALID_INPUT', `FAIRLEAD_CRASH_AT: '${text}' names no point and number`));
}
