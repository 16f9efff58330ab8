import { hostname } from 'node:os';
import { join } from 'node:path';
import type { CrashPoints } from '@fairlead/proto/model/crash.ts';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { System } from '@fairlead/proto/model/system.ts';
import { Agent, type AgentEnd } from './agent.ts';
import { lockDirectory } from './adapters/directory-lock.ts';
import { DiskFile } from './adapters/disk-file.ts';
import { DiskSpool } from './adapters/disk-spool.ts';
import { GrpcLink } from './adapters/grpc-link.ts';
import { makeDirectory } from './adapters/make-directory.ts';
import type { AgentConfig } from './config.ts';
import { enrol } from './enrol.ts';
import { LOG_LIMITS } from './log-stream.ts';
import type { Logger } from './ports/logger.ts';
import type { Workshop } from './ports/workshop.ts';

export interface AgentSurroundings {
  readonly system: System;
  readonly logger: Logger;
  readonly crash: CrashPoints;
  /** Makes the platforms, once the directory is this process' own. */
  readonly workshop: (directory: string) => Promise<Workshop>;
  readonly version: string;
}

export interface RunningAgent {
  readonly agentId: string;
  /** Resolves when the agent has ended and let go of everything. */
  readonly ended: Promise<AgentEnd>;
  readonly load: Agent['load'];
  /** Null while there is no session. */
  readonly sessionId: string | null;
  /** Finishes what runs, at most as long as the configuration says, and ends. */
  drain(): Promise<void>;
  /** Ends at once; what runs at targets goes on and is taken up by the next process. */
  stop(): Promise<void>;
}

/**
 * Starts an agent: takes its directory, joins if it has not yet, reads the ledger and connects. Rejects when it cannot
 * (directory in use, token refused, ledger damaged). Aborting `signal` gives up waiting for a control plane that is away.
 */
export async function startAgent(
  config: AgentConfig,
  around: AgentSurroundings,
  signal: AbortSignal = new AbortController().signal,
): Promise<RunningAgent> {
  const { system, logger, crash } = around;
  const { directory, server } = config;
  await makeOwnDirectory(directory);
  const letGo: (() => Promise<void>)[] = [];
  const releaseAll = async (): Promise<void> => {
    for (const release of letGo.splice(0).reverse()) {
      await release().catch((error: unknown) => logger.warn({ err: error }, 'something did not close cleanly'));
    }
  };
  try {
    const lock = await lockDirectory(directory);
    letGo.push(() => lock.release());
    const { token } = config;
    const credential = await enrol({
      path: join(directory, 'identity.json'),
      server,
      name: config.name,
      token: token === null ? null : () => token.reveal(),
      system,
      logger,
      stopped: () => signal.aborted,
    });
    const workshop = await around.workshop(directory);
    const link = new GrpcLink({ address: server, credential, system, logger });
    letGo.push(() => link.close());
    const agent = await Agent.open({
      identity: { agentId: credential.agentId, version: around.version, hostname: hostname() },
      selectors: config.selectors,
      capacity: config.capacity,
      system,
      link,
      file: await DiskFile.open(join(directory, 'ledger')),
      spool: await DiskSpool.open(join(directory, 'log-spool'), config.logSpoolBytes),
      workshop,
      logger,
      crash,
      logLimits: { ...LOG_LIMITS, attemptBytes: config.logAttemptBytes, totalBytes: config.logSpoolBytes },
    });
    letGo.push(() => agent.close());
    const ended = (async () => {
      const end = await agent.run();
      await releaseAll();
      return end;
    })();
    return running(agent, credential.agentId, ended, config, around);
  } catch (error) {
    await releaseAll();
    throw error;
  }
}

function running(
  agent: Agent,
  agentId: string,
  ended: Promise<AgentEnd>,
  { drainTimeoutMs }: AgentConfig,
  { system, logger }: AgentSurroundings,
): RunningAgent {
  return {
    agentId,
    ended,
    get load() {
      return agent.load;
    },
    get sessionId() {
      return agent.sessionId;
    },
    async drain() {
      const timer = system.scheduler.after(drainTimeoutMs, () => {
        logger.warn({ ...agent.load }, 'draining took too long; what runs is taken up after the next start');
        agent.stop();
      });
      void agent.drain();
      await ended;
      timer.cancel();
    },
    async stop() {
      agent.stop();
      await ended;
    },
  };
}

async function makeOwnDirectory(directory: string): Promise<void> {
  try {
    await makeDirectory(directory, 0o700);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const why = `the directory ${directory} cannot be made: ${reason}; choose one that this user may write (--data)`;
    throw Object.assign(new FailureError(failure('UNAVAILABLE', why)), { cause: error });
  }
}
