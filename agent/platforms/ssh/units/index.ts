import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { CommandUnit } from '@fairlead/proto/steps/ssh.ts';
import type { Attempt } from '../../platform.ts';
import type { Host } from '../../shell/host.ts';
import type { Upload } from '../upload.ts';
import { startContainer, stopContainers } from './docker.ts';
import { downloadArtifact } from './download-artifact.ts';
import { execute } from './exec.ts';
import { checkPort } from './port-check.ts';
import { checkProcess } from './process-check.ts';
import type { ScriptWork } from './script-work.ts';
import { setupEnvironment } from './setup-env.ts';

/** The unit as a script; null for those that copy files. */
export async function scriptWork(attempt: Attempt, host: Host, unit: CommandUnit): Promise<ScriptWork | null> {
  const optional = async <N extends string>(name: N, late: unknown): Promise<{ [K in N]?: string }> =>
    // The one computed key is N; the compiler widens it to string.
    late === undefined ? {} : ({ [name]: await host.text(late) } as { [K in N]?: string });
  switch (unit.unit) {
    case 'SCP':
    case 'COPY_CONFIGS':
      return null;
    case 'SETUP_ENV':
      return setupEnvironment();
    case 'EXEC':
      return execute({
        script: await host.text(unit.script),
        shell: unit.shell,
        ...(await optional('workingDirectory', unit.workingDirectory)),
      });
    case 'DOWNLOAD_ARTIFACT':
      return downloadArtifact(
        { destination: await host.text(unit.destination), ...(await optional('script', unit.script)) },
        attempt.task.context.artifact,
        await sourceHeaders(attempt, host),
      );
    case 'PROCESS_CHECK_RUNNING':
      return checkProcess({ pattern: await host.text(unit.pattern), withinMs: unit.withinMs }, 'running');
    case 'PROCESS_CHECK_STOPPED':
      return checkProcess({ pattern: await host.text(unit.pattern), withinMs: unit.withinMs }, 'stopped');
    case 'PORT_CHECK_LISTENING':
      return checkPort({ port: await portOf(host, unit.port), withinMs: unit.withinMs }, 'listening');
    case 'PORT_CHECK_CLEARED':
      return checkPort({ port: await portOf(host, unit.port), withinMs: unit.withinMs }, 'cleared');
    case 'DOCKER_START':
      return startContainer({
        image: await host.text(unit.image),
        ...(await optional('options', unit.options)),
        ...(await optional('registry', unit.registry)),
        ...(await optional('user', unit.user)),
        ...(await optional('password', unit.password)),
      });
    case 'DOCKER_STOP':
      return stopContainers({ image: await host.text(unit.image) });
  }
}

/** The files a copying unit puts in place, each with the name of the output that tells of it. */
export async function* uploadsOf(
  attempt: Attempt,
  host: Host,
  unit: CommandUnit,
): AsyncGenerator<{ readonly file: Upload; readonly output: string | null }> {
  const { context } = attempt.task;
  if (unit.unit === 'SCP') {
    if (context.artifact === null) throw new FailureError(failure('NO_ARTIFACT', 'there is no artifact to copy'));
    const { fileName } = context.artifact;
    const content = await attempt.artifact(context.artifact);
    yield {
      file: { content, fileName, directory: host.path(await host.text(unit.destination)), mode: null },
      output: 'artifact',
    };
  } else if (unit.unit === 'COPY_CONFIGS') {
    const destination = await host.text(unit.destination);
    for (const config of context.configFiles) {
      const whole = /^([/~]|\$HOME|\$\{HOME\})/.test(config.path) ? config.path : `${destination}/${config.path}`;
      const slash = whole.lastIndexOf('/');
      const content = Buffer.from(await host.text(config.content), 'utf8');
      yield {
        file: {
          content,
          fileName: whole.slice(slash + 1),
          directory: host.path(whole.slice(0, Math.max(slash, 1))),
          mode: config.mode === '' ? '0600' : config.mode,
        },
        output: null,
      };
    }
  }
}

async function sourceHeaders(attempt: Attempt, host: Host): Promise<Record<string, string>> {
  const source = attempt.task.context.artifact?.source;
  const headers: Record<string, string> = {};
  if (source?.kind !== 'HTTP') return headers;
  for (const [name, late] of Object.entries(source.headers ?? {})) headers[name] = await host.text(late);
  return headers;
}

async function portOf(host: Host, written: unknown): Promise<number> {
  const text = typeof written === 'number' ? String(written) : (await host.text(written)).trim();
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new FailureError(
    failure('INVALID_INPUT', `'${text}' is no port: a number from 1 to 65535 is needed`, { field: 'port' }),
  );
}
