/** The SSH platform of an agent in a process of its own. */
import { realSystem } from '@fairlead/agent/adapters/system.ts';
import type { Platform } from '@fairlead/agent/platforms/platform.ts';
import { createSshPlatform } from '@fairlead/agent/platforms/ssh/index.ts';
import type { HostTarget } from '@fairlead/proto/model/task.ts';
import type { SshdHost } from '../support/real/sshd.ts';
import { testAttempt } from '../support/ssh-host/attempt.ts';
import { serveCalls } from './program.ts';

type BenchHost = Pick<SshdHost, 'name' | 'address' | 'port' | 'user' | 'hostKeyFingerprint'>;

const targetOf = ({ name, address, port, user, hostKeyFingerprint }: BenchHost): HostTarget => ({
  name,
  address,
  port,
  login: { user, key: { secret: 'file:key' } },
  hostKey: hostKeyFingerprint,
  variables: {},
});

let runs = 0;

/** Hosts a second: one task with one command on each, all at once. */
async function runAll(platform: Platform, targets: readonly HostTarget[], clientKey: string): Promise<number> {
  runs += 1;
  const began = performance.now();
  const results = await Promise.all(
    targets.map((target) =>
      platform.run(
        testAttempt({
          secrets: { 'file:key': clientKey },
          task: {
            type: 'COMMAND',
            attemptId: `bench${process.pid}n${runs}/run/p/s/t@${target.name}#1`,
            target,
            parameters: { command: 'Check', units: [{ unit: 'EXEC', name: 'true', script: 'true' }] },
          },
        }),
      ),
    ),
  );
  const seconds = (performance.now() - began) / 1_000;
  const failed = results.find((result) => result.outcome !== 'SUCCESS');
  if (failed !== undefined) throw new Error(failed.failure?.message ?? failed.outcome);
  return targets.length / seconds;
}

export function serve(): void {
  serveCalls(
    {
      async run({
        hosts,
        clientKey,
        directory,
      }: {
        hosts: readonly BenchHost[];
        clientKey: string;
        directory: string;
      }) {
        const platform = await createSshPlatform({ directory, system: realSystem });
        const targets = hosts.map(targetOf);
        const cold = await runAll(platform, targets, clientKey);
        const pooled = await runAll(platform, targets, clientKey);
        await platform.close();
        return { cold, pooled };
      },
    },
    () => Promise.resolve(),
  );
}
