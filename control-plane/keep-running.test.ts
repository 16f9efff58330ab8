import type { RunningAgent } from '@fairlead/agent/main.ts';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { VirtualSystem } from '../test/support/virtual-system.ts';
import { keepRunning } from './keep-running.ts';

type Started = Pick<RunningAgent, 'ended' | 'stop'> & {
  end(how: Awaited<RunningAgent['ended']>): void;
  stopped: number;
};

const FULL = new FailureError(failure('ILLEGAL_STATE', 'the agent cannot write its ledger: ENOSPC'));
const logger = pino({ level: 'silent' });

function started(): Started {
  let end: Started['end'] = () => {};
  const ended = new Promise<Awaited<RunningAgent['ended']>>((resolve) => (end = resolve));
  const agent: Started = {
    ended,
    end,
    stopped: 0,
    stop: () => {
      agent.stopped += 1;
      end({ end: 'stopped' });
      return Promise.resolve();
    },
  };
  return agent;
}

function world(refusals = 0) {
  const system = new VirtualSystem(1);
  const agents: Started[] = [];
  let left = refusals;
  const start = (): Promise<Started> => {
    if (agents.length > 0 && left > 0) {
      left -= 1;
      return Promise.reject(FULL);
    }
    const agent = started();
    agents.push(agent);
    return Promise.resolve(agent);
  };
  const { scheduler } = system.spawn('control plane');
  return { system, agents, parts: { start, scheduler, logger } };
}

it('starts an agent again that could not write its ledger, until it can', async () => {
  const { system, agents, parts } = world(2);
  const kept = await keepRunning(parts);
  agents[0]?.end({ end: 'ledger-lost', error: FULL });
  await system.advance(25_000);
  expect(agents).toHaveLength(1);
  await system.advance(10_000);
  expect(agents).toHaveLength(2);
  await kept.stop();
  expect(agents[1]?.stopped).toBe(1);
});

it('leaves one alone that was turned away, or told to stop', async () => {
  for (const end of ['revoked', 'stopped'] as const) {
    const { system, agents, parts } = world();
    const kept = await keepRunning(parts);
    agents[0]?.end({ end, reason: 'because' });
    await system.advance(60_000);
    expect(agents).toHaveLength(1);
    await kept.stop();
  }
});

it('starts none any more when it is stopped while it waits', async () => {
  const { system, agents, parts } = world();
  const kept = await keepRunning(parts);
  agents[0]?.end({ end: 'ledger-lost', error: FULL });
  await system.advance(1_000);
  await kept.stop();
  await system.advance(60_000);
  expect(agents).toHaveLength(1);
});

it('fails when it cannot start at all', async () => {
  const { parts } = world();
  await expect(keepRunning({ ...parts, start: () => Promise.reject(FULL) })).rejects.toThrow('ENOSPC');
});
