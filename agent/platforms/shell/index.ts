import { join } from 'node:path';
import { z } from 'zod';
import { failure, FailureError, type Failure } from '@fairlead/proto/model/failure.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { System } from '@fairlead/proto/model/system.ts';
import { shellScript, shellScriptParameters, type ShellScriptParameters } from '@fairlead/proto/steps/general.ts';
import { provisioner, provisionerParameters } from '@fairlead/proto/steps/provisioner.ts';
import { scriptApproval, scriptApprovalParameters } from '@fairlead/proto/steps/script-approval.ts';
import type { Attempt, Platform } from '../platform.ts';
import type { SshPlatform } from '../ssh/index.ts';
import { Claims } from './claims.ts';
import type { Host } from './host.ts';
import { localHost } from './local-host.ts';
import { runApproval } from './run-approval.ts';
import { runProvisioner } from './run-provisioner.ts';
import { runScript } from './run-script.ts';

export interface ShellPlatformOptions {
  /** The agent's data directory: scripts on the agent keep their claims in it. */
  readonly directory: string;
  readonly system: System;
  readonly onHost: SshPlatform['onHost'];
}

/** The Shell Script step, on the agent itself or on a host. Both run under the attempt wrapper, so neither runs twice. */
export async function createShellPlatform(options: ShellPlatformOptions): Promise<Platform> {
  const claims = await Claims.open(join(options.directory, 'attempts'), options.system.clock);
  return {
    name: 'shell',
    types: [shellScript.type, provisioner.type, scriptApproval.type],
    run: async (attempt) => {
      if (attempt.task.type === provisioner.type) return onAgent(attempt, claims, PROVISIONER);
      if (attempt.task.type === scriptApproval.type) return onAgent(attempt, claims, APPROVAL);
      const parsed = shellScriptParameters.safeParse(attempt.task.parameters);
      if (!parsed.success)
        return refused(failure('INVALID_INPUT', `bad parameters of a script: ${z.prettifyError(parsed.error)}`));
      const problem = unsupported(parsed.data);
      if (problem !== null) return refused(problem);
      try {
        if (parsed.data.on === 'hosts') {
          return await options.onHost(attempt, (host) => runScript(attempt, host, parsed.data));
        }
        return await claims.around(attempt.id, async () =>
          runScript(attempt, await localHost(attempt, claims.directory), parsed.data),
        );
      } catch (error) {
        if (error instanceof FailureError) return refused(error.failures[0]);
        throw error;
      }
    },
    close: () => Promise.resolve(),
  };
}

/** What always runs on the agent itself. */
async function onAgent<P>(attempt: Attempt, claims: Claims, { what, schema, run }: OnAgent<P>): Promise<AttemptResult> {
  const parsed = schema.safeParse(attempt.task.parameters);
  if (!parsed.success) {
    return refused(failure('INVALID_INPUT', `bad parameters of ${what}: ${z.prettifyError(parsed.error)}`));
  }
  try {
    return await claims.around(attempt.id, async () =>
      run(attempt, await localHost(attempt, claims.directory), parsed.data),
    );
  } catch (error) {
    if (error instanceof FailureError) return refused(error.failures[0]);
    throw error;
  }
}

interface OnAgent<P> {
  readonly what: string;
  readonly schema: z.ZodType<P>;
  readonly run: (attempt: Attempt, host: Host, parameters: P) => Promise<AttemptResult>;
}

const PROVISIONER = { what: 'a provisioner', schema: provisionerParameters, run: runProvisioner };
const APPROVAL = { what: 'an approval by script', schema: scriptApprovalParameters, run: runApproval };

const refused = (problem: Failure): AttemptResult => ({ outcome: 'FAILED', failure: problem, touched: false });

function unsupported(parameters: ShellScriptParameters): Failure | null {
  const sealed = Object.keys(parameters.outputs).filter((name) => parameters.outputs[name] === 'SECRET');
  return sealed.length === 0
    ? null
    : failure(
        'UNSUPPORTED',
        `this agent cannot send secret outputs (${sealed.join(', ')}); declare them STRING only if they may be seen`,
        {
          field: 'outputs',
        },
      );
}
