import type { ExecutionView } from '@fairlead/proto/live.ts';
import type { Status } from '@fairlead/proto/model/status.ts';
import type { System } from '@fairlead/proto/model/system.ts';
import { z } from 'zod';
import { agentView, instanceRow } from '../../api/http/schemas.ts';
import type { SourceFile } from '../../app/use-cases.ts';
import type { ApiClient } from '../api-client.ts';
import { CliError } from '../cli-error.ts';
import { EXIT } from '../exit-codes.ts';
import { followExecution } from '../follow-execution.ts';
import { startProgress } from '../progress.ts';
import { elapsed, styleFor } from '../style.ts';
import type { DemoHost } from './demo-hosts.ts';
import { appAt } from './served-versions.ts';

export interface Act {
  readonly number: number;
  readonly title: string;
  readonly build: string;
  /** What every host must serve afterwards. */
  readonly expected: string;
  readonly status: Status;
}

export interface ActResult {
  readonly act: Act;
  readonly executionId: string;
  readonly status: Status;
  readonly took: string;
  readonly served: readonly { readonly host: string; readonly version: string | null }[];
  readonly good: boolean;
}

const AGENT_WITHIN_MS = 15_000;

export async function waitForAgent(api: ApiClient, system: System): Promise<void> {
  const giveUpAt = system.clock.monotonic() + AGENT_WITHIN_MS;
  for (;;) {
    const { agents } = await api.get('/agents', z.object({ agents: z.array(agentView) }));
    if (agents.some((agent) => agent.status === 'CONNECTED')) return;
    if (system.clock.monotonic() > giveUpAt) throw new CliError(EXIT.FAILED, ['The agent did not connect.']);
    await system.scheduler.sleep(50);
  }
}

export async function applyDefinition(api: ApiClient, file: SourceFile): Promise<void> {
  await api.post('/definitions/apply', z.object({ revision: z.int() }), { files: [file], dryRun: false });
}

/** Null when the signal ended the watching; the execution itself goes on. */
export async function playAct(
  act: Act,
  api: ApiClient,
  hosts: readonly DemoHost[],
  system: System,
  signal: AbortSignal,
): Promise<ActResult | null> {
  const style = styleFor(process.stdout, process.env);
  process.stdout.write(`\n${style.paint('bold', `Act ${act.number}: ${act.title}`)}\n`);
  const began = system.clock.monotonic();
  const { executionId } = await api.post('/executions', z.object({ executionId: z.string() }), {
    artifacts: { web: act.build },
  });
  const view = await watch(executionId, api, system, signal);
  if (view === null) return null;
  const served = await askHosts(hosts);
  const good = view.header.status === act.status && served.every((each) => each.version === act.expected);
  const line = served.map(
    (each) => `${each.host} ${style.paint(each.version === act.expected ? 'green' : 'red', each.version ?? 'nothing')}`,
  );
  if (view.header.failure !== null) {
    process.stdout.write(`  cause: ${view.header.failure.target ?? ''} ${view.header.failure.message}\n`);
  }
  process.stdout.write(`  served now: ${line.join('  ')}\n`);
  const took = elapsed(system.clock.monotonic() - began);
  return { act, executionId, status: view.header.status, took, served, good };
}

async function watch(
  executionId: string,
  api: ApiClient,
  system: System,
  signal: AbortSignal,
): Promise<ExecutionView | null> {
  const progress = startProgress(process.stdout, process.env, system);
  try {
    return await followExecution({
      api,
      executionId,
      system,
      patienceMs: 10_000,
      signal,
      onView: (each) => progress.show(each),
      onConnection: () => undefined,
    });
  } finally {
    progress.end();
  }
}

export async function askHosts(hosts: readonly DemoHost[]): Promise<ActResult['served']> {
  return Promise.all(
    hosts.map(async (host) => {
      const app = await appAt(host.httpPort);
      // An error page serves nothing, whatever version it is.
      return { host: host.name, version: app === null || app.status !== 200 ? null : app.version };
    }),
  );
}

/** What was deployed before, against what answers now: the shops of an ended demo are gone. Null at the first start. */
export async function fromLastTime(api: ApiClient, hosts: readonly DemoHost[]): Promise<string | null> {
  const { instances } = await api.get('/instances', z.object({ instances: z.array(instanceRow) }));
  if (instances.length === 0) return null;
  const served = new Map((await askHosts(hosts)).map((each) => [each.host, each.version]));
  const lines = instances.map((row) => {
    const now = served.get(row.host) ?? null;
    return `${row.host} ${row.build}${now === row.build ? '' : now === null ? ' (died since)' : ` (serves ${now})`}`;
  });
  return `from last time: ${lines.join(', ')}; deploying again`;
}
