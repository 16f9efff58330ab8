import type { Globals } from '../context.ts';
import { dataDirectory } from '../connection.ts';
import type { ExitCode } from '../exit-codes.ts';
import { EXIT } from '../exit-codes.ts';
import { startLocalServer } from '../local-server.ts';
import { commandName } from '../locate.ts';
import { untilStopped } from '../signals.ts';

export interface StartOptions {
  readonly host?: string;
  readonly port?: string;
  readonly restored?: string;
}

export async function start(globals: Globals, options: StartOptions): Promise<ExitCode> {
  const data = dataDirectory(globals, process.env);
  const server = await startLocalServer(data, {
    ...process.env,
    ...(options.host === undefined ? {} : { FAIRLEAD_HTTP_HOST: options.host }),
    ...(options.port === undefined ? {} : { FAIRLEAD_HTTP_PORT: options.port }),
    ...(options.restored === undefined ? {} : { FAIRLEAD_RESTORED: options.restored }),
  });
  const stopped = untilStopped();
  const command = commandName(process.env);
  process.stdout.write(
    [
      `Fairlead runs at ${server.url}, data in ${data}.`,
      `  The page (this link works once, for five minutes): ${await server.loginLink()}`,
      `  In another terminal: ${['init', 'apply -f fairlead.yaml', 'deploy --wait'].map((each) => `${command} ${each}`).join(', ')}`,
      '  Ctrl-C stops it; what it was doing goes on at the next start.',
      '',
    ].join('\n'),
  );
  await stopped;
  process.stdout.write('Stopping …\n');
  await server.close();
  return EXIT.SUCCESS;
}
