import type { Attempt } from '../platform.ts';
import { quote, quotePath } from './quote.ts';

export interface ScriptEnvironment {
  /** Name → shell words. */
  readonly exports: Readonly<Record<string, string>>;
  path(written: string): string;
}

/** What every script of a task finds in its environment: the task's variables, its paths, the artifact's name. */
export async function scriptEnvironment(
  attempt: Attempt,
  text: (late: unknown) => Promise<string>,
  where: 'host' | 'agent',
): Promise<ScriptEnvironment> {
  const { context } = attempt.task;
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
  // The paths are those of the hosts; on the agent they would name something else.
  const { runtime, backup, staging } = context.paths;
  const wings: Record<string, string> =
    where === 'agent' ? {} : { WINGS_RUNTIME_PATH: runtime, WINGS_BACKUP_PATH: backup, WINGS_STAGING_PATH: staging };
  for (const [name, path] of Object.entries(wings)) exports[name] = quotePath(path);
  if (context.artifact !== null) {
    wings['ARTIFACT_FILE_NAME'] = context.artifact.fileName;
    exports['ARTIFACT_FILE_NAME'] = quote(context.artifact.fileName);
  }
  const known = { ...values, ...wings };
  return { exports, path: (written) => quotePath(written, known) };
}
