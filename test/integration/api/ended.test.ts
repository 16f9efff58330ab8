import { pino } from 'pino';
import { expect, it } from 'vitest';
import { NO_CRASH } from '@fairlead/proto/model/crash-points.ts';
import { LocalBus } from '../../../control-plane/adapters/local/bus.ts';
import { startHttp } from '../../../control-plane/api/http/start-http.ts';
import type { Actor } from '../../../control-plane/app/authorize.ts';
import { controlPlane } from '../../../control-plane/app/control-plane.ts';
import { ENGINE, type Engine } from '../../../control-plane/app/engine.ts';
import { Replica } from '../../../control-plane/app/replica.ts';
import { createMemoryStore } from '../../support/memory-store/index.ts';
import { onePhase, sectionPlan, stepPlan } from '../../support/plans.ts';
import { VirtualSystem } from '../../support/virtual-system.ts';
import { realSystem } from './serve.ts';

const me: Actor = { id: 'me', name: 'me', kind: 'USER', rights: ['*'] };

it('answers who asks something of an execution that was settled by force, while the engine throws on it', async () => {
  const system = new VirtualSystem(5);
  const process = system.spawn('p');
  const bus = new LocalBus(process.scheduler);
  const store = createMemoryStore();
  const digest = { sha256: (text: string) => text };
  let throws = false;
  const engine: Engine = {
    ...ENGINE,
    decide(execution, input, now) {
      if (throws && execution !== null) throw new Error('it cannot be interpreted');
      return ENGINE.decide(execution, input, now);
    },
  };
  const replica = new Replica({
    store,
    bus,
    system: process,
    digest,
    engine,
    crash: NO_CRASH,
    alone: true,
    gateway: { leaseMs: 10_000, heartbeatMs: 3_000, bus: { kind: 'STREAM' } },
    agentLostMs: 20_000,
    onError: () => undefined,
    onBroken: () => undefined,
  });
  await replica.start();
  const real = controlPlane({ replica, store, bus, system: process, digest, engine });
  const http = await startHttp({
    port: 0,
    useCases: { ...real, authenticate: () => Promise.resolve(me) },
    webDirectory: null,
    logger: pino({ level: 'silent' }),
    system: realSystem,
  });
  const ask = async (what: string, body: object) => {
    const response = await fetch(`${http.url}/api/v1/executions/x1/${what}`, {
      method: 'POST',
      headers: { authorization: 'Bearer mine', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, text: await response.text() };
  };
  try {
    const lock = { keys: ['prod/dc1'], queueLimit: 5, timeoutMs: 600_000 };
    await replica.drivers.start(onePhase([sectionPlan('deploy', [stepPlan('install')])], { run: { lock } }));
    await system.advance(100);
    throws = true;
    expect((await ask('abort', { reason: 'enough' })).status).toBeLessThan(300);
    await system.advance(5_000);
    const asked = [
      ['pause', { reason: '' }],
      ['resume', {}],
      ['intervene', { step: 'x1/run/p1.0/deploy/install', action: 'IGNORE', reason: '' }],
    ] as const;
    const refused = { status: 409, text: expect.stringContaining('it has ended already') as string };
    for (const [what, body] of asked) expect(await ask(what, body), `ended: ${what}`).toEqual(refused);
    await real.settleByForce(me, 'x1', { reason: 'looked', unconfirmed: [] });
    await system.advance(5_000);
    for (const [what, body] of asked) expect(await ask(what, body), `settled: ${what}`).toEqual(refused);
    expect(await ask('abort', { reason: 'again', runId: 'x1/run' })).toEqual(refused);
  } finally {
    await http.close();
  }
});
