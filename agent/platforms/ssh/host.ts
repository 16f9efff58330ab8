import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { HostTarget, LateText, SecretRef } from '@fairlead/proto/model/task.ts';
import type { Transport } from '../shell/channel.ts';
import { quote, quotePath } from '../shell/quote.ts';
import type { Attempt } from '../platform.ts';
import type { Credentials } from './dial.ts';
import type { SshPool } from './pool.ts';

/** Where every host keeps its claims: one directory for each attempt, in the home of the login. */
export const CLAIMS = '"$HOME"/.fairlead/attempts';

/** A host as the units of one attempt see it. */
export interface Host {
  readonly target: HostTarget;
  readonly transport: Transport;
  /** Exported to scripts: name → shell words. */
  readonly exports: Readonly<Record<string, string>>;
  /** A path as written → shell words; HOME, the WINGS paths and the task's environment are known in it. */
  path(written: string): string;
  /** Text with what only the agent knows filled in. */
  text(late: unknown): Promise<string>;
}

export async function loginOf(
  target: HostTarget,
  secret: (reference: SecretRef) => Promise<string>,
): Promise<Credentials> {
  const { key, passphrase, password } = target.login;
  if (key === undefined && password === undefined) {
    throw new FailureError(
      failure(
        'AUTHENTICATION_REFUSED',
        `the login '${target.login.user}' of ${target.name} has neither a key nor a password`,
      ),
    );
  }
  return {
    ...(key === undefined ? {} : { key: await secret(key) }),
    ...(passphrase === undefined ? {} : { passphrase: await secret(passphrase) }),
    ...(password === undefined ? {} : { password: (await secret(password)).replace(/\r?\n$/, '') }),
  };
}

export async function prepareHost(attempt: Attempt, target: HostTarget, pool: SshPool): Promise<Host> {
  const { context } = attempt.task;
  const transport = pool.transport(target, await loginOf(target, (reference) => attempt.secret(reference)));
  // The catalog's schema checked the shape; its type says less than LateText.
  const text = (late: unknown): Promise<string> =>
    attempt.text(late as LateText, (path) => instanceValue(target, path));
  const values: Record<string, string> = {};
  const exports: Record<string, string> = {};
  for (const [name, late] of Object.entries(context.environment)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      attempt.log.info(`The variable '${name}' is not exported: a shell has no such names.`);
      continue;
    }
    const value = await text(late);
    values[name] = value;
    exports[name] = quote(value);
  }
  const wings: Record<string, string> = {
    WINGS_RUNTIME_PATH: context.paths.runtime,
    WINGS_BACKUP_PATH: context.paths.backup,
    WINGS_STAGING_PATH: context.paths.staging,
  };
  for (const [name, path] of Object.entries(wings)) exports[name] = quotePath(path);
  if (context.artifact !== null) {
    wings['ARTIFACT_FILE_NAME'] = context.artifact.fileName;
    exports['ARTIFACT_FILE_NAME'] = quote(context.artifact.fileName);
  }
  const known = { ...values, ...wings };
  return { target, transport, exports, text, path: (written) => quotePath(written, known) };
}

/** What the agent knows of the host the work runs on. */
export function instanceValue(target: HostTarget, path: string): string | undefined {
  switch (path.replace(/^instance\./, '')) {
    case 'name':
      return target.name;
    case 'hostName':
    case 'host.hostName':
      return target.name;
    case 'host.ip':
    case 'host.publicDns':
    case 'address':
      return target.address;
    default:
      return undefined;
  }
}
