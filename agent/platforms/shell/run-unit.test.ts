import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { failure } from '@fairlead/proto/model/failure.ts';
import { VirtualSystem } from '../../../test/support/virtual-system.ts';
import type { Channel, Transport } from './channel.ts';
import { runUnit, type UnitEnd } from './run-unit.ts';

const SECOND = 1_000;
const LOST = { end: 'lost', failure: failure('CONNECTION_LOST', 'it went away') } as const;

/** Each visit: for how long the wrapper is heard, what it says first, and what it says at the end (null: it is cut off). */
interface Visit {
  readonly ms: number;
  readonly says?: string;
  readonly last: string | null;
}

function visits(system: VirtualSystem, all: readonly Visit[]): Transport & { readonly made: () => number } {
  let made = 0;
  return {
    name: 'web-1',
    made: () => made,
    open: async () => {
      const visit = all[Math.min(made, all.length - 1)];
      made += 1;
      const stdout = new PassThrough();
      const stdin = new PassThrough();
      let nonce = '';
      stdin.on('data', (chunk: Buffer) => (nonce = /@fairlead (\w+)/.exec(chunk.toString())?.[1] ?? nonce));
      const ended = (async (): Promise<Awaited<Channel['ended']>> => {
        await new Promise((resolve) => stdin.once('end', resolve));
        if (visit?.says !== undefined) stdout.write(`\n@fairlead ${nonce}\n${visit.says}\n`);
        await system.scheduler.sleep(visit?.ms ?? 0);
        if (visit?.last == null) return LOST;
        stdout.write(`${visit.last}\n`);
        return { end: 'exit', status: 0 };
      })();
      return Promise.resolve({ stdin, stdout, stderr: new PassThrough(), ended, close: () => undefined });
    },
  };
}

async function run(system: VirtualSystem, transport: Transport): Promise<UnitEnd> {
  let end: UnitEnd | null = null;
  void runUnit(
    {
      attemptId: 'e/run/p/deploy@web-1#1',
      base: '"$HOME"/.fairlead/attempts',
      unit: 0,
      units: 1,
      resumed: false,
      shell: 'sh',
      exports: {},
      directory: null,
      script: 'sleep 3600',
      outputs: [],
    },
    {
      transport,
      system,
      events: { sending() {}, output() {}, found() {}, reconnecting() {} },
      signal: new AbortController().signal,
      reconnectForMs: 60 * SECOND,
    },
  ).then((told) => (end = told));
  while (end === null && (await system.step()));
  if (end === null) throw new Error('it never ended');
  return end;
}

test('a script that writes nothing outlives one loss of the connection after the other', async () => {
  const system = new VirtualSystem();
  const transport = visits(system, [
    { ms: 60 * SECOND, says: 'new', last: null },
    { ms: 600 * SECOND, says: 'found', last: null },
    { ms: 600 * SECOND, says: 'found', last: null },
    { ms: 600 * SECOND, says: 'found', last: 'x 0' },
  ]);
  expect(await run(system, transport)).toMatchObject({ end: 'exited', status: 0 });
});

test('a host that cannot be asked any more is given up after the time for reconnecting', async () => {
  const system = new VirtualSystem();
  const transport = visits(system, [
    { ms: 600 * SECOND, says: 'new', last: null },
    { ms: 0, last: null },
  ]);
  expect(await run(system, transport)).toMatchObject({ end: 'unknown', failure: { code: 'OUTCOME_UNKNOWN' } });
  expect(system.elapsed).toBeGreaterThan(659 * SECOND);
  expect(system.elapsed).toBeLessThan(665 * SECOND);
});

test('a wrapper that dies each time as soon as it has spoken is given up as well', async () => {
  const system = new VirtualSystem();
  const transport = visits(system, [{ ms: 100, says: 'found', last: null }]);
  expect(await run(system, transport)).toMatchObject({ end: 'unknown', failure: { code: 'OUTCOME_UNKNOWN' } });
  expect(system.elapsed).toBeLessThan(70 * SECOND);
});

test('a status that is no number, as a host that lost its power can leave it, tells nothing', async () => {
  const system = new VirtualSystem();
  const transport = visits(system, [{ ms: SECOND, says: 'found', last: 'x pending' }]);
  expect(await run(system, transport)).toMatchObject({ end: 'unknown', failure: { code: 'OUTCOME_UNKNOWN' } });
});
