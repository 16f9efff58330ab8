import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { HostTarget, LateText, SecretRef } from '@fairlead/proto/model/task.ts';
import type { Attempt } from '../platform.ts';
import { scriptEnvironment } from '../shell/environment.ts';
import type { Host } from '../shell/host.ts';
import { instanceValue } from '../shell/instance-value.ts';
import type { Credentials } from './dial.ts';
import type { SshPool } from './pool.ts';

/** Where every host keeps its claims: one directory for each attempt, in the home of the login. */
export const CLAIMS = '"$HOME"/.fairlead/attempts';

export async function loginOf(
  target: HostTarget,
  secret: (reference: SecretRef) => Promise<string>,
): Promise<Credentials> {
  const { user, key, passphrase, password } = target.login;
  if (key === undefined && password === undefined) {
    throw new FailureError(
      failure('AUTHENTICATION_REFUSED', `the login '${user}' of ${target.name} has neither a key nor a password`),
    );
  }
  // A file that holds a password or a passphrase usually ends with a line's end that is no part of it.
  const line = async (reference: SecretRef): Promise<string> => (await secret(reference)).replace(/\r?\n$/, '');
  return {
    ...(key === undefined ? {} : { key: await secret(key) }),
    ...(passphrase === undefined ? {} : { passphrase: await line(passphrase) }),
    ...(password === undefined ? {} : { password: await line(password) }),
  };
}

/** The host of an attempt; nothing is connected before the first command. */
export async function prepareHost(attempt: Attempt, target: HostTarget, pool: SshPool): Promise<Host> {
  const transport = pool.transport(target, await loginOf(target, (reference) => attempt.secret(reference)));
  // The catalog's schema checked the shape; its type says less than LateText.
  const text = (late: unknown): Promise<string> =>
    attempt.text(late as LateText, (path) => instanceValue(target, path));
  return { name: target.name, transport, claims: CLAIMS, text, ...(await scriptEnvironment(attempt, text, 'host')) };
}
