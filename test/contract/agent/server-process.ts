/** The agents' server in a process of its own, so that a test can stop it in its tracks. Prints its port. */
import { realSystem } from '@fairlead/agent/adapters/system.ts';
import { SILENT } from '@fairlead/agent/ports/logger.ts';
import { LocalBus } from '@fairlead/control-plane/adapters/local/bus.ts';
import { startAgentServer } from '@fairlead/control-plane/api/grpc/server.ts';
import { FakeGateway } from './fake-gateway.ts';

const gateway = new FakeGateway();
gateway.welcome = { leaseMs: 2_000 };
const server = await startAgentServer(
  { host: '127.0.0.1', port: Number(process.argv[2] ?? 0) },
  { gateway, bus: new LocalBus(realSystem.scheduler), system: realSystem, crash: { pass() {} }, logger: SILENT },
);
console.log(server.port);
