/** HAProxy itself, as a process of its own. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, untilListening } from '../real/listening.ts';
import { startProcess, temporaryDirectory } from '../real/processes.ts';
import type { BalancerOptions, BalancerUnderTest } from './simulator.ts';

export async function startHaproxy(path: string, options: BalancerOptions): Promise<BalancerUnderTest> {
  const directory = temporaryDirectory('haproxy');
  const port = await freePort('127.0.0.1');
  const runtime = options.socket ?? `127.0.0.1:${await freePort('127.0.0.1')}`;
  const lines = options.servers.map(({ name, port: to, check, disabled }) =>
    [`  server ${name} 127.0.0.1:${to}`, check === false ? '' : 'check', disabled === true ? 'disabled' : ''].join(' '),
  );
  const file = join(directory, 'haproxy.cfg');
  writeFileSync(
    file,
    `global
  stats socket ${runtime} level ${options.socketLevel ?? 'admin'}
defaults
  mode http
  timeout connect 1s
  timeout client 10s
  timeout server 10s
  timeout check 2s
frontend people
  bind 127.0.0.1:${port}
  default_backend ${options.backend}
backend ${options.backend}
  option httpchk GET /health
  default-server inter 100ms rise 2 fall 2
${lines.join('\n')}
`,
  );
  const running = startProcess(path, ['-db', '-f', file], { cwd: directory });
  await untilListening('127.0.0.1', port, running);
  return {
    url: `http://127.0.0.1:${port}`,
    socket: options.socket === undefined ? `tcp://${runtime}` : `unix:${runtime}`,
    stop: () => running.stop(),
  };
}
