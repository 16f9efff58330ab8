import { z } from 'zod';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { Json } from '@fairlead/proto/model/json.ts';
import type { System } from '@fairlead/proto/model/system.ts';
import type { HostTarget } from '@fairlead/proto/model/task.ts';
import { readLocalSecret } from '../adapters/local-secrets.ts';
import { createArtifacts } from '../artifacts/index.ts';
import { artifactVersionsQuery } from '../artifacts/query.ts';
import type { Logger } from '../ports/logger.ts';
import type { Workshop } from '../ports/workshop.ts';
import { createCollectPlatform } from './collect/index.ts';
import { createDirectoriesPlatform } from './directories/index.ts';
import { createHttpPlatform } from './http/index.ts';
import { createLoadBalancerPlatform } from './load-balancer/index.ts';
import type { Through } from './load-balancer/places.ts';
import type { QueryHandler } from './platform.ts';
import { createShellPlatform } from './shell/index.ts';
import { createSshPlatform, type SshPlatform } from './ssh/index.ts';

export interface WorkshopOptions {
  /** The agent's data directory. */
  readonly directory: string;
  readonly system: System;
  readonly logger: Logger;
}

/** The registry: every platform this agent has, and what they share. */
export async function createWorkshop(options: WorkshopOptions): Promise<Workshop> {
  const { directory, system, logger } = options;
  const artifacts = await createArtifacts({ ...options, secret: (name) => readLocalSecret({ secret: name }) });
  const ssh = await createSshPlatform({ directory, system });
  const shell = await createShellPlatform({ directory, system, onHost: ssh.onHost });
  const through: Through = (attempt, over) => ssh.through(attempt, over);
  const balancers = createLoadBalancerPlatform({ through });
  const directories = createDirectoriesPlatform({ onHost: ssh.onHost, through });
  const platforms = [ssh, shell, createHttpPlatform(), createCollectPlatform(artifacts), balancers, directories];
  return {
    platforms,
    queries: { artifactVersions: artifactVersionsQuery(artifacts), probe: probeQuery(ssh) },
    secret: readLocalSecret,
    artifact: (reference, { signal }) => artifacts.fetch(reference, signal),
    async keep({ sha256 }, { context }) {
      if (context.mapping !== null) await artifacts.pin(context.mapping, sha256, context.keeps ?? context.releases);
    },
    async close() {
      for (const platform of platforms) {
        await platform
          .close()
          .catch((error: unknown) => logger.warn({ err: error }, 'a platform did not close cleanly'));
      }
    },
  };
}

const secret = z.object({ secret: z.string() });
const probeArgument = z.object({
  attemptId: z.string().min(1),
  target: z.object({
    name: z.string(),
    address: z.string().min(1),
    port: z.number().int().min(1).max(65_535),
    login: z.object({
      user: z.string().min(1),
      key: secret.exactOptional(),
      passphrase: secret.exactOptional(),
      password: secret.exactOptional(),
    }),
    hostKey: z.string().nullable(),
    variables: z.record(z.string(), z.string()),
  }) satisfies z.ZodType<HostTarget>,
  outputs: z.array(z.string()).default([]),
});

/** Answers the query `probe`: `{attemptId, target, outputs}` → a Probe: what can be seen of the attempt at the host. */
const probeQuery =
  (ssh: SshPlatform): QueryHandler =>
  async (given) => {
    const parsed = probeArgument.safeParse(given);
    if (!parsed.success) {
      throw new FailureError(failure('INVALID_INPUT', `bad arguments of a probe: ${z.prettifyError(parsed.error)}`));
    }
    const { target, ...attempt } = parsed.data;
    const probe = await ssh.probe?.(target, attempt, readLocalSecret);
    // A Probe is plain data; its type only lacks the index signature.
    return { ...(probe ?? { seen: 'unknown', failure: failure('UNSUPPORTED', 'this platform cannot look') }) } as Json;
  };
