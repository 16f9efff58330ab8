/** The program `fairlead-agent`, and the door for whoever runs an agent inside another process. */
import { readFileSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runAgentCommand } from './command.ts';

export { loadConfig, Secret, type AgentConfig } from './config.ts';
export { runAgentCommand, type AgentProcess } from './command.ts';
export { startAgent, type AgentSurroundings, type RunningAgent } from './lifecycle.ts';
export { createWorkshop } from './platforms/index.ts';

/** In the repository and in a package alike the version stands one folder up. */
function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const found = typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : null;
  return typeof found === 'string' ? found : 'unknown';
}

/** Bundled into another program this is the same file as that program, but not by name. */
function isProgram(): boolean {
  const own = fileURLToPath(import.meta.url);
  const [, started = ''] = process.argv;
  return /^(main\.ts|fairlead-agent\.js)$/.test(basename(own)) && started !== '' && realpathSync(started) === own;
}

if (isProgram()) {
  process.exitCode = await runAgentCommand(process.argv.slice(2), {
    env: process.env,
    version: version(),
    print: (text) => void process.stdout.write(text),
    complain: (text) => void process.stderr.write(text),
    onEnd(ask) {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, ask);
    },
    crash: () => void process.kill(process.pid, 'SIGKILL'),
  });
  process.exit();
}
