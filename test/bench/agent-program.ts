/** An agent as the product wires it (link, ledger and spool on disk), with a platform that is done at once. */
import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { Agent } from '@fairlead/agent/agent.ts';
import { DiskFile } from '@fairlead/agent/adapters/disk-file.ts';
import { DiskSpool } from '@fairlead/agent/adapters/disk-spool.ts';
import { GrpcLink } from '@fairlead/agent/adapters/grpc-link.ts';
import { realSystem } from '@fairlead/agent/adapters/system.ts';
import { enrol } from '@fairlead/agent/enrol.ts';
import type { Platform } from '@fairlead/agent/platforms/platform.ts';
import { SILENT } from '@fairlead/agent/ports/logger.ts';
import type { AppendFile } from '@fairlead/agent/ports/append-file.ts';
import type { Workshop } from '@fairlead/agent/ports/workshop.ts';
import { NO_CRASH } from '@fairlead/proto/model/crash-points.ts';
import { serveCalls } from './program.ts';

export interface AgentOptions {
  readonly directory: string;
  readonly port: number;
  readonly token: string;
  readonly name: string;
  readonly capacity: number;
  readonly selectors: readonly string[];
}

/** Done at once, after a few lines of log. */
const atOnce = (done: () => void): Platform => ({
  name: 'bench',
  types: ['SHELL_SCRIPT'],
  run(attempt) {
    attempt.log.info(`+ ${attempt.task.title}`);
    attempt.log.output(Buffer.from('checking the release\nnothing to do\n'), 'stdout');
    attempt.log.info('exit status 0');
    done();
    return Promise.resolve({ outcome: 'SUCCESS', touched: true });
  },
  close: () => Promise.resolve(),
});

const workshop = (done: () => void): Workshop => ({
  platforms: [atOnce(done)],
  queries: {},
  secret: ({ secret }) => Promise.reject(new Error(`no secret ${secret} here`)),
  artifact: () => Promise.reject(new Error('no artifacts here')),
  keep: () => Promise.resolve(),
  close: () => Promise.resolve(),
});

/** Counts what goes to the disk. */
function counted(file: AppendFile, written: { writes: number; bytes: number }): AppendFile {
  return {
    read: () => file.read(),
    append(bytes) {
      written.writes += 1;
      written.bytes += bytes.length;
      return file.append(bytes);
    },
    replace: (bytes) => file.replace(bytes),
    close: () => file.close(),
  };
}

export interface BenchAgent {
  /** Of the ledger. */
  readonly written: { readonly writes: number; readonly bytes: number };
  /** Tasks it has done. */
  readonly done: number;
  /** Connects, and stays so; resolves when it has its first session. */
  run(): Promise<void>;
  stop(): Promise<void>;
}

/** Joins and opens its ledger; connects when it is run. */
export async function prepareBenchAgent(options: AgentOptions): Promise<BenchAgent> {
  const { directory, port, token, name, capacity, selectors } = options;
  const server = `127.0.0.1:${port}`;
  await mkdir(directory, { recursive: true });
  const credential = await enrol({
    path: join(directory, 'identity.json'),
    server,
    name,
    token: () => token,
    system: realSystem,
    logger: SILENT,
    stopped: () => false,
  });
  const written = { writes: 0, bytes: 0 };
  let done = 0;
  let ended: Promise<unknown> = Promise.resolve();
  const link = new GrpcLink({ address: server, credential, system: realSystem, logger: SILENT });
  const agent = await Agent.open({
    identity: { agentId: credential.agentId, version: '0', hostname: name },
    selectors,
    capacity,
    system: realSystem,
    link,
    file: counted(await DiskFile.open(join(directory, 'ledger')), written),
    spool: await DiskSpool.open(join(directory, 'log-spool'), 16_777_216),
    workshop: workshop(() => (done += 1)),
    logger: SILENT,
    crash: NO_CRASH,
  });
  return {
    written,
    get done() {
      return done;
    },
    async run() {
      ended = agent.run();
      while (agent.sessionId === null) await realSystem.scheduler.sleep(10);
    },
    async stop() {
      agent.stop();
      await ended;
      await link.close();
      await agent.close();
    },
  };
}

export function serve(): void {
  let agent: BenchAgent | null = null;
  serveCalls(
    {
      async start(options: AgentOptions) {
        agent = await prepareBenchAgent(options);
        await agent.run();
      },
      ledger: () => agent?.written,
      cpu: () => process.cpuUsage(),
    },
    async () => agent?.stop(),
  );
}
