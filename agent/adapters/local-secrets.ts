import { readFile, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { SecretRef } from '@fairlead/proto/model/task.ts';

const MOST_BYTES = 65_536;

/** The value behind `file:/path` or `env:NAME`, on this machine. One newline at the end is the editor's, not the secret's. */
export async function readLocalSecret({ secret }: SecretRef): Promise<string> {
  const [, scheme, place] = /^(file|env):(.+)$/s.exec(secret) ?? [];
  if (place === undefined) throw unavailable(secret, 'it is written neither file:/path nor env:NAME');
  return scheme === 'env' ? fromEnvironment(secret, place) : await fromFile(secret, place);
}

function fromEnvironment(secret: string, name: string): string {
  // Our own settings, the join token among them, are nobody else's secrets.
  const value = name.startsWith('FAIRLEAD_') ? undefined : process.env[name];
  if (value === undefined || value === '') throw unavailable(secret, "the agent's environment has no such variable");
  return value;
}

async function fromFile(secret: string, path: string): Promise<string> {
  if (!isAbsolute(path)) throw unavailable(secret, 'the path is not absolute');
  try {
    const { size } = await stat(path);
    if (size > MOST_BYTES) throw unavailable(secret, `the file has ${size} bytes; a secret has at most ${MOST_BYTES}`);
    const value = (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
    if (value === '') throw unavailable(secret, 'the file is empty');
    return value;
  } catch (error) {
    if (error instanceof FailureError) throw error;
    throw unavailable(
      secret,
      `the agent cannot read the file: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

const unavailable = (secret: string, why: string): FailureError =>
  new FailureError(failure('SECRET_UNAVAILABLE', `the secret ${secret} is not available: ${why}`));
