/**
 * `fairlead demo`: a real deployment from nothing. Three acts (a first version, a second one, a broken third one that is
 * taken back), and after each the shops themselves are asked which version they serve.
 */
import path from 'node:path';
import { realSystem } from '../../adapters/system/index.ts';
import type { Globals } from '../context.ts';
import { dataDirectory } from '../connection.ts';
import type { ExitCode } from '../exit-codes.ts';
import { EXIT } from '../exit-codes.ts';
import type { LocalServer } from '../local-server.ts';
import { startLocalServer } from '../local-server.ts';
import { untilStopped } from '../signals.ts';
import { elapsed } from '../style.ts';
import { writeBuilds } from './bookstore-builds.ts';
import { demoDefinition, EXAMPLE } from './demo-definition.ts';
import type { DemoHost } from './demo-hosts.ts';
import { startDemoHosts } from './demo-hosts.ts';
import type { Act, ActResult } from './acts.ts';
import { applyDefinition, fromLastTime, playAct, waitForAgent } from './acts.ts';
import { obeyPowerSwitch } from './power-switch.ts';
import { farewell, summary } from './summary.ts';

const ACTS: readonly Omit<Act, 'number'>[] = [
  { build: '1', expected: '1', status: 'SUCCESS', title: 'version 1, on four hosts, two at a time' },
  { build: '2', expected: '2', status: 'SUCCESS', title: 'version 2, over version 1' },
  {
    build: '3',
    expected: '2',
    status: 'FAILED',
    title: 'version 3, which starts and answers 500: the check over HTTP must catch it and go back to 2',
  },
];

export async function demo(globals: Globals, options: { readonly once?: boolean }): Promise<ExitCode> {
  const data = path.join(dataDirectory(globals, process.env), 'demo');
  const stop = new AbortController();
  const stopped = untilStopped().then(() => stop.abort());
  const { clock } = realSystem;
  const began = clock.monotonic();
  say(`Fairlead demo; everything is on this machine's loopback, data in ${data}.`);
  const stage = await openStage(data);
  try {
    say(`  control plane ${stage.server.url}, ${stage.hosts.length} SSH hosts on ports ${portsOf(stage.hosts)}`);
    const results = await play(stage, stop.signal);
    if (results === null) return EXIT.DETACHED;
    const good = results.every((each) => each.good);
    say(summary(results));
    say(`Took ${elapsed(clock.monotonic() - began)}.\n`);
    if (options.once !== true) {
      const last = results.at(-1)?.executionId ?? '';
      const link = await stage.server.loginLink(`/executions/${last}`);
      say(farewell(results, link, stage.hosts, data, globals.data ?? process.env['FAIRLEAD_DATA']));
      obeyPowerSwitch(stage.hosts, stop.signal);
      await stopped;
    }
    return good ? EXIT.SUCCESS : EXIT.FAILED;
  } finally {
    await closeStage(stage);
  }
}

interface Stage {
  readonly server: LocalServer;
  readonly hosts: readonly DemoHost[];
  readonly keyFile: string;
  readonly builds: string;
}

async function openStage(data: string): Promise<Stage> {
  // First: it holds the data directory, so that a second demo leaves everything in it alone.
  const server = await startLocalServer(data, {
    ...process.env,
    FAIRLEAD_HTTP_HOST: '127.0.0.1',
    FAIRLEAD_HTTP_PORT: process.env['FAIRLEAD_HTTP_PORT'] ?? '0',
    FAIRLEAD_AGENT_PORT: process.env['FAIRLEAD_AGENT_PORT'] ?? '0',
    // What the log says would tear the picture; failures are shown where they happen.
    FAIRLEAD_LOG_LEVEL: process.env['FAIRLEAD_LOG_LEVEL'] ?? 'error',
  });
  try {
    const builds = path.join(data, 'builds');
    await writeBuilds(builds);
    const { hosts, keyFile } = await startDemoHosts(path.join(data, 'hosts'));
    return { server, hosts, keyFile, builds };
  } catch (error) {
    await server.close();
    throw error;
  }
}

async function closeStage(stage: Stage): Promise<void> {
  say('Stopping the shops, the hosts and Fairlead …');
  await stage.server.close();
  await Promise.all(stage.hosts.map((host) => host.down()));
}

async function play(stage: Stage, signal: AbortSignal): Promise<readonly ActResult[] | null> {
  const { api } = stage.server;
  await waitForAgent(api, realSystem);
  const memory = await fromLastTime(api, stage.hosts);
  if (memory !== null) say(`  ${memory}`);
  await applyDefinition(api, demoDefinition(stage.hosts, stage.keyFile, stage.builds));
  say(`  applied deploy/examples/${EXAMPLE}`);
  const results: ActResult[] = [];
  for (const [index, act] of ACTS.entries()) {
    const result = await playAct({ ...act, number: index + 1 }, api, stage.hosts, realSystem, signal);
    if (result === null) return null;
    results.push(result);
  }
  return results;
}

const portsOf = (hosts: readonly DemoHost[]): string => hosts.map((host) => host.sshPort).join(', ');

const say = (text: string): void => void process.stdout.write(`${text}\n`);
