import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { startCli } from './run-cli.ts';

let data: string;
beforeAll(() => {
  data = mkdtempSync(path.join(tmpdir(), 'fairlead-demo-'));
});
afterAll(() => rmSync(data, { recursive: true, force: true }));

const ports = z.record(z.string(), z.object({ ssh: z.int(), http: z.int() }));
const readPorts = () => ports.parse(JSON.parse(readFileSync(path.join(data, 'demo/hosts/ports.json'), 'utf8')));

/** Nobody is left behind. */
async function expectSilence(): Promise<void> {
  for (const { ssh, http } of Object.values(readPorts())) {
    for (const port of [ssh, http]) await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow('fetch failed');
  }
  expect(existsSync(path.join(data, 'demo/cli.json'))).toBe(false);
}

it('deploys three versions to four hosts, twice from the same directory, and leaves nothing running', async () => {
  const first = await startCli(['demo', '--once'], { FAIRLEAD_DATA: data }).ended;
  expect(first.code, first.out + first.err).toBe(0);
  const acts = first.out.split('\n').filter((line) => line.includes('served now'));
  expect(acts).toEqual(
    ['1', '2', '2'].map(
      (version) => `  served now: web-1 ${version}  web-2 ${version}  web-3 ${version}  web-4 ${version}`,
    ),
  );
  await expectSilence();
  const before = readPorts();
  const second = await startCli(['demo', '--once'], { FAIRLEAD_DATA: data }).ended;
  expect(second.code, second.out + second.err).toBe(0);
  expect(second.out).toContain('web-1 2 (died since)');
  expect(readPorts()).toEqual(before);
  await expectSilence();
}, 180_000);

it('runs until Ctrl-C, and other terminals can talk to it', async () => {
  const demo = startCli(['demo'], { FAIRLEAD_DATA: data });
  await expect.poll(demo.out, { timeout: 90_000, interval: 200 }).toContain('Ctrl-C ends the demo.');
  const link = /http:\S+\/login\?token=\S+/.exec(demo.out())?.[0] ?? '';
  const page = await fetch(link, { redirect: 'manual' });
  expect(page.status).toBe(303);
  expect(page.headers.get('location')).toMatch(/^\/executions\/\w+$/);
  const environment = { FAIRLEAD_DATA: data };
  const status = await startCli(['status', '-o', 'json'], environment).ended;
  expect(
    z
      .array(z.looseObject({ build: z.string() }))
      .parse(JSON.parse(status.out))
      .map((row) => row.build),
  ).toEqual(['2', '2', '2', '2']);
  const why = await startCli(['why'], environment).ended;
  expect(why.out).toContain('ASSERTION_FAILED');
  const replay = await startCli(['executions', 'replay', 'last'], environment).ended;
  expect(replay.code, replay.out).toBe(0);
  demo.child.kill('SIGINT');
  expect((await demo.ended).code).toBe(0);
  await expectSilence();
}, 180_000);
