import path from 'node:path';
import type { CrashPoints } from '@fairlead/proto/model/crash.ts';
import { readIdentity } from '@fairlead/agent/adapters/identity-file.ts';
import { createWorkshop, loadConfig, startAgent, type AgentSurroundings } from '@fairlead/agent/main.ts';
import type { Logger } from 'pino';
import { realSystem } from './adapters/system/index.ts';
import type { AgentRegistry } from './app/agent-registry.ts';
import type { Config } from './config.ts';
import { keepRunning, type KeptAgent } from './keep-running.ts';
import { VERSION } from './version.ts';

export type EmbeddedAgent = KeptAgent;

/** The agent inside the embedded control plane: the same agent as any other, over the same connection. */
export async function startEmbeddedAgent(
  config: Config,
  server: string,
  registry: AgentRegistry,
  crash: CrashPoints,
  logger: Logger,
): Promise<EmbeddedAgent> {
  const directory = path.join(config.dataDirectory, 'agent');
  const known = await readIdentity(path.join(directory, 'identity.json'));
  const joined = known?.agentId != null;
  const token = joined ? null : await registry.createToken(realSystem.ids.unique('embedded-'));
  const settings = ['--server', server, '--name', 'embedded', '--data', directory];
  const selectors = config.embeddedSelectors === '' ? [] : ['--selectors', config.embeddedSelectors];
  const join = token === null ? [] : ['--token', token];
  const ours = logger.child({ agent: 'embedded' });
  const agentConfig = loadConfig([...settings, ...selectors, ...join], {});
  const surroundings: AgentSurroundings = {
    system: realSystem,
    logger: ours,
    crash,
    workshop: (where) => createWorkshop({ directory: where, system: realSystem, logger: ours }),
    version: VERSION,
  };
  return keepRunning({
    start: (signal) => startAgent(agentConfig, surroundings, signal),
    scheduler: realSystem.scheduler,
    logger: ours,
  });
}
