import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { System } from '@fairlead/proto/model/system.ts';
import type { HostTarget } from '@fairlead/proto/model/task.ts';
import { command } from '@fairlead/proto/steps/ssh.ts';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { Attempt, Platform } from '../platform.ts';
import type { Host } from '../shell/host.ts';
import type { ForwardTo } from './classify.ts';
import { runCommand } from './command.ts';
import { CLAIMS, loginOf, prepareHost } from './host.ts';
import { openHostKeys } from './host-keys.ts';
import { SshPool, type PoolOptions } from './pool.ts';
import { probeHost } from './probe.ts';
import { Tidying } from './tidying.ts';

export interface SshPlatformOptions {
  /** The agent's data directory: host keys trusted on first use are remembered in it. */
  readonly directory: string;
  readonly system: System;
  readonly pool?: Partial<Omit<PoolOptions, 'hostKeys' | 'fraction'>>;
}

export interface SshPlatform extends Platform {
  /**
   * Runs something on the host of an attempt, for other platforms that do: they share the connections, and what a success
   * wrote there is taken away behind it.
   */
  onHost(attempt: Attempt, work: (host: Host) => Promise<AttemptResult>): Promise<AttemptResult>;
  /** Opens connections as the machine sees them, which needs nothing there but its sshd. */
  through(attempt: Attempt, over: HostTarget): Promise<(to: ForwardTo) => Promise<Duplex>>;
}

/** Traditional hosts over SSH. */
export async function createSshPlatform(options: SshPlatformOptions): Promise<SshPlatform> {
  const { system } = options;
  const hostKeys = await openHostKeys(join(options.directory, 'known-hosts'));
  const pool = new SshPool({ ...options.pool, hostKeys, fraction: () => system.random.fraction() });
  const tidying = new Tidying(system);
  return {
    name: 'ssh',
    types: [command.type],
    onHost: async (attempt, work) => {
      const { target } = attempt.task;
      if (target === null) throw new FailureError(failure('INVALID_INPUT', 'the step needs a host to run on'));
      const host = await prepareHost(attempt, target, pool);
      const result = await work(host);
      if (result.outcome === 'SUCCESS') tidying.after(attempt, host, true);
      return result;
    },
    through: async (attempt, over) => {
      const credentials = await loginOf(over, (reference) => attempt.secret(reference));
      return (to) => pool.forward(over, credentials, to, attempt.signal);
    },
    run: (attempt) => runCommand(attempt, pool, (...done) => tidying.after(...done)),
    probe: async (target, { attemptId, outputs }, secret) =>
      probeHost(pool.transport(target, await loginOf(target, secret)), system, {
        id: attemptId,
        base: CLAIMS,
        outputs,
      }),
    close: async () => {
      await tidying.end();
      await pool.close();
    },
  };
}
