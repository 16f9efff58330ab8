import { join } from 'node:path';
import type { System } from '@fairlead/proto/model/system.ts';
import { command } from '@fairlead/proto/steps/ssh.ts';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { Attempt, Platform } from '../platform.ts';
import type { Host } from '../shell/host.ts';
import { runCommand } from './command.ts';
import { CLAIMS, loginOf, prepareHost } from './host.ts';
import { openHostKeys } from './host-keys.ts';
import { SshPool, type PoolOptions } from './pool.ts';
import { probeHost } from './probe.ts';

export interface SshPlatformOptions {
  /** The agent's data directory: host keys trusted on first use are remembered in it. */
  readonly directory: string;
  readonly system: System;
  readonly pool?: Partial<Omit<PoolOptions, 'hostKeys' | 'fraction'>>;
}

export interface SshPlatform extends Platform {
  /** The host of an attempt, for other platforms that run something on hosts: they share the connections. */
  reach(attempt: Attempt): Promise<Host>;
}

/** Traditional hosts over SSH. */
export async function createSshPlatform(options: SshPlatformOptions): Promise<SshPlatform> {
  const { system } = options;
  const hostKeys = await openHostKeys(join(options.directory, 'known-hosts'));
  const pool = new SshPool({ ...options.pool, hostKeys, fraction: () => system.random.fraction() });
  const background = new Set<Promise<void>>();
  // Tidying up after a success: nobody waits for it but the end, and it may fail.
  const later = (work: Promise<unknown>): void => {
    const done: Promise<void> = work
      .then(
        () => undefined,
        () => undefined,
      )
      .finally(() => background.delete(done));
    background.add(done);
  };
  return {
    name: 'ssh',
    types: [command.type],
    reach: async (attempt) => {
      const { target } = attempt.task;
      if (target === null) throw new FailureError(failure('INVALID_INPUT', 'the step needs a host to run on'));
      return prepareHost(attempt, target, pool);
    },
    run: (attempt) => runCommand(attempt, pool, later),
    probe: async (target, attemptId, secret) =>
      probeHost(pool.transport(target, await loginOf(target, secret)), system, { id: attemptId, base: CLAIMS }),
    close: async () => {
      await Promise.race([Promise.all(background), system.scheduler.sleep(1_000)]);
      await pool.close();
    },
  };
}
