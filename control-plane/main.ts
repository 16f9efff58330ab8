/** A control plane as a process: configuration, adapters, replica, doors. Everything that decides is in `app` and `engine`. */
import path from 'node:path';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { CrashPoints } from '@fairlead/proto/model/crash.ts';
import { crashAt, NO_CRASH } from '@fairlead/proto/model/crash-points.ts';
import pino, { type Logger } from 'pino';
import { LocalBus } from './adapters/local/bus.ts';
import { NatsBus } from './adapters/nats/bus.ts';
import { systemDigest } from './adapters/system/digest.ts';
import { realSystem } from './adapters/system/index.ts';
import { startAgentServer, type AgentServer } from './api/grpc/server.ts';
import { startHttp, type HttpServer } from './api/http/start-http.ts';
import { controlPlane } from './app/control-plane.ts';
import { ENGINE } from './app/engine.ts';
import { Replica } from './app/replica.ts';
import type { Actor } from './app/authorize.ts';
import type { UseCases } from './app/use-cases.ts';
import type { Config } from './config.ts';
import { startEmbeddedAgent, type EmbeddedAgent } from './embedded-agent.ts';
import { openListener } from './open-listener.ts';
import type { Bus } from './ports/bus.ts';
import type { Store } from './ports/store.ts';

const HEARTBEAT_MS = 5_000;
const DEFAULT_HTTP_PORT = 8470;
const DEFAULT_AGENT_PORT = 8471;

export interface RunningControlPlane {
  readonly url: string;
  /** `host:port` that agents connect to. */
  readonly agentAddress: string;
  readonly useCases: UseCases;
  readonly logger: Logger;
  /** Takes nothing new, lets what is under way be written, lets go. Work at targets goes on. */
  close(): Promise<void>;
}

/** The control plane's own doings: making the first key, joining the embedded agent. */
export const SYSTEM: Actor = { id: 'system', name: 'system', kind: 'SYSTEM', rights: ['*'] };

/** The page is built beside the sources; null where it was not. */
export async function startControlPlane(config: Config, webDirectory: string | null): Promise<RunningControlPlane> {
  const logger = pino({ level: config.logLevel, base: null }, pino.destination({ dest: 2, sync: true }));
  const crash = crashPoints(config.crashAt);
  const closing: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const step of closing.splice(0).toReversed()) await step();
  };
  try {
    const store = await openStore(config);
    closing.push(() => store.close());
    const bus = openBus(config, logger);
    closing.push(() => bus.close());
    const replica = createReplica(config, store, bus, crash, logger);
    const policy = { executeImpliesAbort: config.executeImpliesAbort };
    const world = { system: realSystem, digest: systemDigest, engine: ENGINE };
    const useCases = controlPlane({ ...world, replica, store, bus, policy });
    const agents = await openAgents(config, { replica, bus, crash, logger });
    closing.push(() => agents.close());
    await replica.start();
    closing.push(() => replica.stop());
    const http = await openHttp(config, useCases, webDirectory, logger);
    closing.push(() => http.close());
    const agentAddress = `${agents.host}:${agents.port}`;
    if (config.embeddedAgent) {
      const agent: EmbeddedAgent = await startEmbeddedAgent(config, agentAddress, replica.registry, crash, logger);
      closing.push(() => agent.stop());
    }
    logger.info({ url: http.url, agents: agentAddress }, 'the control plane is up');
    return { url: http.url, agentAddress, useCases, logger, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function crashPoints(text: string | null): CrashPoints {
  if (text === null) return NO_CRASH;
  const points = crashAt(text, () => process.kill(process.pid, 'SIGKILL'));
  if (points !== null) return points;
  throw new FailureError(failure('INVALID_INPUT', `FAIRLEAD_CRASH_AT: '${text}' names no point and number`));
}

/** Adapters are loaded when they are chosen: nobody waits for a driver that is not used. */
async function openStore(config: Config): Promise<Store> {
  const restored = config.restored === null ? {} : { restored: config.restored };
  if (config.mongo !== null) {
    const { openMongoStore } = await import('./adapters/mongo/store.ts');
    return openMongoStore({ url: config.mongo.url.reveal(), database: config.mongo.database, ...restored });
  }
  const { openSqliteStore } = await import('./adapters/sqlite/store.ts');
  return openSqliteStore({ directory: path.join(config.dataDirectory, 'store'), ...restored });
}

function openBus(config: Config, logger: Logger): Bus {
  if (config.natsUrl === null) return new LocalBus(realSystem.scheduler);
  const { scheduler } = realSystem;
  return new NatsBus({ url: config.natsUrl.reveal(), name: 'fairlead control plane', logger, scheduler });
}

function createReplica(config: Config, store: Store, bus: Bus, crash: CrashPoints, logger: Logger): Replica {
  const natsUrl = config.natsUrl?.reveal();
  return new Replica({
    store,
    bus,
    crash,
    system: realSystem,
    digest: systemDigest,
    engine: ENGINE,
    alone: config.mongo === null,
    agentLostMs: config.agents.lostMs,
    gateway: {
      leaseMs: Math.max(3 * HEARTBEAT_MS, Math.floor(config.agents.lostMs / 2)),
      heartbeatMs: HEARTBEAT_MS,
      bus: natsUrl === undefined ? { kind: 'STREAM' } : { kind: 'NATS', url: natsUrl },
    },
    onError: (error) => logger.warn({ err: error }, 'something failed and is tried again'),
    onBroken: (executionId, reason) => logger.error({ executionId, reason }, 'an execution is broken'),
  });
}

interface AgentDoor {
  readonly replica: Replica;
  readonly bus: Bus;
  readonly crash: CrashPoints;
  readonly logger: Logger;
}

function openAgents(config: Config, { replica, bus, crash, logger }: AgentDoor): Promise<AgentServer> {
  const parts = { gateway: replica.gateway, bus, system: realSystem, crash, logger };
  const { host, port } = config.agents;
  return openListener(port, DEFAULT_AGENT_PORT, (chosen) => startAgentServer({ host, port: chosen }, parts));
}

function openHttp(
  config: Config,
  useCases: UseCases,
  webDirectory: string | null,
  logger: Logger,
): Promise<HttpServer> {
  const { host, port, publicUrl } = config.http;
  const shared = { host, useCases, webDirectory, logger, system: realSystem };
  const url = publicUrl === null ? {} : { publicUrl };
  return openListener(port, DEFAULT_HTTP_PORT, (chosen) => startHttp({ ...shared, ...url, port: chosen }));
}
