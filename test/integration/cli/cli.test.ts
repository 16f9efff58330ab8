import net from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Status } from '@fairlead/proto/model/status.ts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { ADMIN_KEY, READER_KEY } from '../api/fake-use-cases.ts';
import { interventionOf, nodeOf } from '../api/fake-views.ts';
import { serve } from '../api/serve.ts';
import type { Served } from '../api/serve.ts';
import { runCli, startCli } from './run-cli.ts';

// Each command is a process of its own, which takes seconds on a machine that is busy.
vi.setConfig({ testTimeout: 90_000 });

let served: Served;
let directory: string;
beforeAll(async () => {
  served = await serve();
  directory = await mkdtemp(path.join(tmpdir(), 'fairlead-cli-'));
});
afterAll(async () => {
  await served.http.close();
  await rm(directory, { recursive: true });
});

const run = (...parameters: string[]) => runCli(served.http.url, parameters);

describe('deploy --wait', () => {
  const ends: readonly (readonly [Status, number])[] = [
    ['SUCCESS', 0],
    ['FAILED', 1],
    ['ABORTED', 3],
    ['REJECTED', 4],
    ['EXPIRED', 4],
  ];
  it.each(ends)('that ends %s exits %i, telling every step on the way', async (status, code) => {
    const own = await serve();
    own.useCases.onDeploy = (id, request) => {
      expect(request).toMatchObject({ variables: { a: 'b=c' }, artifacts: { web: '7' } });
      const phase = nodeOf(`${id}/r/p.0`, null, 'phase', { name: 'Phase 1' });
      const step = nodeOf(`${id}/r/p.0/s/t`, phase.id, 'step', { name: 'Install' });
      const task = nodeOf(`${step.id}@web-1`, step.id, 'task', { target: 'web-1', endedAt: 1_700_000_002_000, status });
      const play = [
        () => own.useCases.change(id, [phase, step]),
        () => own.useCases.change(id, [task]),
        () => own.useCases.finish(id, status),
      ];
      // One act per read of the view, so that each is seen.
      const next = (): void => {
        play.shift()?.();
        if (play.length > 0) setTimeout(next, 120);
      };
      setTimeout(next, 50);
    };
    const parameters = ['deploy', 'ship-web', '--wait', '--var', 'a=b=c', '--artifact', 'web=7'];
    const result = await runCli(own.http.url, parameters);
    expect(result.code, result.err).toBe(code);
    expect(result.out).toContain('Phase 1 / Install @ web-1');
    expect(result.out).not.toContain('\u001b');
    await own.http.close();
  });

  it('with -o json prints the result alone', async () => {
    const own = await serve();
    own.useCases.onDeploy = (id) => setTimeout(() => own.useCases.finish(id, 'SUCCESS'), 100);
    const result = await runCli(own.http.url, ['deploy', '--wait', '-o', 'json']);
    expect(JSON.parse(result.out)).toMatchObject({ status: 'SUCCESS', name: 'ship-web' });
    expect(result.code).toBe(0);
    await own.http.close();
  });

  it('passes on which hosts are meant', async () => {
    const own = await serve();
    const result = await runCli(own.http.url, ['deploy', 'ship-web', '--hosts', 'web-1, web-2', '--skip-same-version']);
    expect(result.code, result.err).toBe(0);
    expect(own.useCases.calls.at(-1)).toMatchObject({
      verb: 'deploy',
      argument: { hosts: ['web-1', 'web-2'], skipSameVersion: true },
    });
    own.useCases.create('ship-web');
    expect((await runCli(own.http.url, ['executions', 'rerun', 'last', '--skip-same-version'])).code).toBe(0);
    expect(own.useCases.calls.at(-1)).toMatchObject({ verb: 'rerun', argument: { skipSameVersion: true } });
    await own.http.close();
  });

  it('detaches on Ctrl-C, says so, and aborts nothing', async () => {
    const own = await serve();
    const command = startCli(['deploy', '--wait'], { FAIRLEAD_SERVER: own.http.url, FAIRLEAD_KEY: ADMIN_KEY });
    await expect.poll(() => own.useCases.watchers, { timeout: 15_000 }).toBe(1);
    const [id = ''] = own.useCases.views.keys();
    own.useCases.change(id, [nodeOf(`${id}/r/p.0`, null, 'phase', { name: 'Phase 1' })]);
    await expect.poll(command.out, { timeout: 5000 }).toContain('Phase 1');
    command.child.kill('SIGINT');
    const result = await command.ended;
    expect(result.code).toBe(130);
    expect(result.err).toContain('Detached');
    expect(result.err).toContain(`fairlead executions watch ${id}`);
    expect(own.useCases.calls.map((call) => call.verb)).toEqual(['deploy']);
    expect(own.useCases.views.get(id)?.header.status).toBe('RUNNING');
    await own.http.close();
  });

  it('goes on where it was when the connection comes back', async () => {
    const first = await serve();
    const { useCases } = first;
    const command = startCli(['deploy', '--wait'], { FAIRLEAD_SERVER: first.http.url, FAIRLEAD_KEY: ADMIN_KEY });
    await expect.poll(() => useCases.watchers, { timeout: 15_000 }).toBe(1);
    const [id = ''] = useCases.views.keys();
    useCases.change(id, [nodeOf(`${id}/r/p.0`, null, 'phase', { name: 'Phase 1' })]);
    await expect.poll(command.out).toContain('Phase 1');
    await first.http.close();
    await expect.poll(command.out).toContain('Connection lost');
    useCases.change(id, [nodeOf(`${id}/r/p.1`, null, 'phase', { name: 'Phase 2' })]);
    const second = await serve({ useCases, port: first.http.port });
    await expect.poll(command.out, { timeout: 5000 }).toContain('Phase 2');
    useCases.finish(id, 'SUCCESS');
    const result = await command.ended;
    expect(result.code).toBe(0);
    expect(result.out.match(/Phase 1/g)).toHaveLength(1);
    await second.http.close();
  });

  it('exits 5 when it stays away', async () => {
    const own = await serve();
    const command = startCli(['deploy', '--wait'], {
      FAIRLEAD_SERVER: own.http.url,
      FAIRLEAD_KEY: ADMIN_KEY,
      FAIRLEAD_RECONNECT: '1s',
    });
    await expect.poll(() => own.useCases.watchers, { timeout: 15_000 }).toBe(1);
    await own.http.close();
    const result = await command.ended;
    expect(result.code).toBe(5);
    expect(result.err).toContain('No answer from Fairlead');
  });

  it('starts once although the answer was lost', async () => {
    const own = await serve();
    own.useCases.onDeploy = (id) => own.useCases.finish(id, 'SUCCESS');
    const proxy = await losingFirstAnswer(own.http.port);
    const result = await runCli(proxy.url, ['deploy', 'ship-web']);
    expect(result.code, result.err).toBe(0);
    expect(result.err).toContain('Tried again for 30 s');
    expect(own.useCases.calls.filter((call) => call.verb === 'deploy')).toHaveLength(2);
    expect(own.useCases.views.size).toBe(1);
    proxy.close();
    await own.http.close();
  });

  it('goes on with a pipeline once although the answer was lost', async () => {
    const own = await serve();
    const somebody = { id: 'key:ann', name: 'ann', kind: 'KEY', rights: ['*'] } as const;
    const { executionId } = await own.useCases.deploy(somebody, { variables: {}, artifacts: {} });
    const proxy = await losingFirstAnswer(own.http.port);
    const result = await runCli(proxy.url, ['executions', 'continue', executionId]);
    expect(result.code, result.err).toBe(0);
    const asked = own.useCases.calls.filter((call) => call.verb === 'resumePipeline').map((call) => call.argument);
    expect(asked).toEqual([asked[0], asked[0]]);
    expect(asked[0]).toMatchObject({ idempotencyKey: expect.any(String) });
    proxy.close();
    await own.http.close();
  });
});

/** Passes everything on, but cuts the first connection when its answer comes. */
async function losingFirstAnswer(port: number): Promise<{ readonly url: string; close(): void }> {
  let lost = false;
  const sockets = new Set<net.Socket>();
  const proxy = net.createServer((near) => {
    const far = net.connect(port, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => (near.destroy(), far.destroy()));
    }
    near.pipe(far);
    far.on('data', (data) => {
      if (lost) return void near.write(data);
      lost = true;
      near.destroy();
      return undefined;
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () => {
      proxy.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

describe('what is wrong', () => {
  it('is said in one line each, and exits 2', async () => {
    const file = path.join(directory, 'wrong.yaml');
    await writeFile(file, 'WRONG');
    const result = await run('apply', '-f', file);
    expect(result.code).toBe(2);
    expect(result.err.split('\n').filter((line) => line.startsWith('fairlead: '))).toEqual([
      `fairlead: ${file}:3:5: services.web.type: unknown type ssh/tra. Use ssh/tar.`,
      `fairlead: ${file}:9:1: workflows.x: no such service. Name one of: web.`,
    ]);
    expect(result.out).toBe('');
  });

  it.each([
    [['deploy', 'nope'], 'There is no workflow nope; there is ship-web.'],
    [['deploy', '--var', 'novalue', '--artifact', '=7'], '--var novalue: is no pair.'],
    [['executions', 'show', 'zzz'], 'There is no execution zzz.'],
    [['apply', '-f', '/does/not/exist.yaml'], 'cannot be read'],
    [['depploy'], "unknown command 'depploy'"],
    [['status', '-o', 'xml'], 'Allowed choices are'],
    [['apply'], "required option '-f, --file <path>'"],
    [['executions', 'list', '--limit', 'many'], 'limit'],
  ])('%j exits 2', async (parameters, message) => {
    const result = await run(...parameters);
    expect(result.code).toBe(2);
    expect(result.err).toContain(message);
    expect(result.out).toBe('');
  });

  it('without a server, with a wrong key, without a right', async () => {
    const none = await startCli(['status'], { FAIRLEAD_DATA: directory }).ended;
    expect([none.code, none.err]).toEqual([2, expect.stringContaining('fairlead start')]);
    const wrong = await runCli(served.http.url, ['status'], { FAIRLEAD_KEY: 'nope' });
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('The key is not known.')]);
    const reader = await runCli(served.http.url, ['deploy'], { FAIRLEAD_KEY: READER_KEY });
    expect([reader.code, reader.err]).toEqual([2, expect.stringContaining('may not execute')]);
    const gone = await serve();
    await gone.http.close();
    const silent = await runCli(gone.http.url, ['status']);
    expect([silent.code, silent.err]).toEqual([5, expect.stringContaining('ECONNREFUSED')]);
  });
});

describe('results', () => {
  it.each([
    [['status']],
    [['status', '--host', 'web-1', '--history']],
    [['executions', 'list']],
    [['executions', 'show', 'last']],
    [['executions', 'show', 'last', '--at', '2026-01-31 12:00:05']],
    [['executions', 'diff', 'last', 'last']],
    [['executions', 'show', 'last', '--events']],
    [['executions', 'replay', 'last']],
    [['why']],
    [['agents', 'list']],
    [['agents', 'token', 'dc2']],
    [['agents', 'tokens']],
    [['agents', 'revoke-token', 'dc2']],
    [['agents', 'revoke', 'dc2']],
    [['doctor']],
    [['get', 'services']],
    [['deploy']],
  ])('of %j are a table or JSON', async (parameters) => {
    served.useCases.create('ship-web', { status: 'SUCCESS', endedAt: 1_700_000_010_000 });
    const [json, table] = await Promise.all([run(...parameters, '-o', 'json'), run(...parameters)]);
    expect([json.code, table.code], json.err + table.err).toEqual([0, 0]);
    expect(typeof JSON.parse(json.out)).toBe('object');
    expect(table.out.trim()).not.toBe('');
    expect(table.out).not.toContain('\u001b');
  });

  it('of a long journal are the whole of it', async () => {
    const id = served.useCases.create('ship-web', { status: 'SUCCESS', endedAt: 1_700_000_010_000 });
    for (let seq = 1; seq < 450; seq += 1) served.useCases.change(id, []);
    const { out } = await run('executions', 'show', id, '--events', '-o', 'json');
    const records = z.array(z.object({ seq: z.int() })).parse(JSON.parse(out));
    expect(records.map(({ seq }) => seq)).toEqual(Array.from({ length: 450 }, (_, index) => index + 1));
  });

  it('of a comparison are short: what differs, and where the paths part', async () => {
    served.useCases.create('ship-web', { status: 'SUCCESS', endedAt: 1_700_000_010_000 });
    const { out } = await run('executions', 'diff', 'last', 'last');
    expect(out.trimEnd().split('\n').slice(2)).toEqual([
      'definition (revision 3 → 3)',
      '  workflow ship-web: batch: 1 → 2',
      'artifacts',
      '  web: 1 → 2',
      'variables',
      '  workflow.variables.ticket: (none) → CHG-1',
      'hosts',
      '  Phase 1: only A: web-1',
      'steps',
      '  Phase 1 / Install: Success in 1.0s → Success in 9.0s',
      'decisions',
      '  the paths part at Phase 1 / Install:',
      expect.stringMatching(/^ {2}A {2}#3 .* StepEnded SUCCESS \(finished\)$/),
      '  B  nothing of its own',
    ]);
  });

  it('are YAML that says the same as the JSON', async () => {
    const [json, yaml] = await Promise.all([run('status', '-o', 'json'), run('-o', 'yaml', 'status')]);
    expect(parse(yaml.out)).toEqual(JSON.parse(json.out));
  });

  it('apply reads files, directories and standard input', async () => {
    await writeFile(path.join(directory, 'a.yaml'), 'fairlead: v1');
    await writeFile(path.join(directory, 'b.yml'), 'fairlead: v1');
    await rm(path.join(directory, 'wrong.yaml'), { force: true });
    const result = await runCli(served.http.url, ['apply', '-f', directory, '-f', '-', '--dry-run'], {}, 'from stdin');
    expect(result.out).toContain('nothing was applied');
    const last = served.useCases.calls.findLast((call) => call.verb === 'apply')?.argument;
    expect(last).toMatchObject({
      dryRun: true,
      files: [
        { name: path.join(directory, 'a.yaml') },
        { name: path.join(directory, 'b.yml') },
        { name: '<stdin>', text: 'from stdin' },
      ],
    });
  });

  it('logs are those of the step and host that were asked for', async () => {
    const { useCases } = served;
    const id = useCases.create();
    const step = nodeOf(`${id}/r/p.0/s/t`, null, 'step', { name: 'Install' });
    for (const host of ['web-1', 'web-2']) {
      const attemptId = `${step.id}@${host}#1`;
      const task = nodeOf(`${step.id}@${host}`, step.id, 'task', { target: host, attemptId });
      useCases.change(id, [step, task, nodeOf(attemptId, task.id, 'attempt', { target: host, attemptId })]);
      useCases.appendLog(attemptId, Buffer.from(`log of ${host}\n`));
    }
    useCases.finish(id, 'SUCCESS');
    const one = await run('executions', 'logs', id, '--host', 'web-2', '--step', 'install', '--follow');
    expect(one.out).toBe('── Install @ web-2\nlog of web-2\n');
    const both = await run('executions', 'logs', id, '-o', 'json');
    const texts = z.array(z.object({ title: z.string(), text: z.string() })).parse(JSON.parse(both.out));
    expect(texts).toEqual(['web-1', 'web-2'].map((host) => ({ title: `Install @ ${host}`, text: `log of ${host}\n` })));
    const wrong = await run('executions', 'logs', id, '--host', 'web-9');
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('Hosts: web-1, web-2')]);
  });

  it('no time is looked for that is none', async () => {
    const wrong = await run('executions', 'list', '--from', 'yesterday');
    expect([wrong.code, wrong.err]).toEqual([
      2,
      expect.stringContaining('--from yesterday: is no time. Write it like'),
    ]);
  });

  it('abort and rollback reach the execution they name', async () => {
    const { useCases } = served;
    const id = useCases.create();
    expect((await run('executions', 'abort', id, '--reason', 'no')).code).toBe(0);
    expect(useCases.calls.at(-1)).toEqual({ verb: 'abort', argument: { id, reason: 'no' } });
    const twice = await run('executions', 'abort', id);
    expect([twice.code, twice.err]).toEqual([2, expect.stringContaining('has ended already')]);
    useCases.onDeploy = (next) => useCases.finish(next, 'SUCCESS');
    expect((await run('executions', 'rollback', id, '--wait')).code).toBe(0);
    useCases.onDeploy = () => undefined;
  });

  it('abort and rollback reach one run of it', async () => {
    const { useCases } = served;
    const id = useCases.create();
    expect((await run('executions', 'rollback', id, '--run', 'QA')).code).toBe(0);
    expect(useCases.calls.at(-1)).toEqual({ verb: 'rollback', argument: { id, reason: '', run: 'QA' } });
    expect((await run('executions', 'abort', id, '--run', 'QA')).code).toBe(0);
    expect(useCases.calls.at(-1)).toEqual({ verb: 'abort', argument: { id, reason: '', run: 'QA' } });
  });

  it('pause and resume reach the execution they name', async () => {
    const { useCases } = served;
    const id = useCases.create();
    const paused = await run('executions', 'pause', id, '--reason', 'lunch');
    expect([paused.code, useCases.calls.at(-1)]).toEqual([0, { verb: 'pause', argument: { id, reason: 'lunch' } }]);
    expect((await run('executions', 'resume', id)).code).toBe(0);
    expect(useCases.calls.at(-1)).toEqual({ verb: 'resume', argument: { id } });
    useCases.finish(id, 'SUCCESS');
  });

  it('intervene tells what waits, and decides on it in the words of the language', async () => {
    const { useCases } = served;
    const id = useCases.create();
    expect((await run('executions', 'intervene', id)).out).toContain('No step');
    useCases.waiting.set(id, [interventionOf(id)]);
    const listed = await run('executions', 'intervene', id);
    expect(listed.out.split('\n').slice(0, 3)).toEqual([
      'ship-web / Phase 1 / Deploy Service / Install',
      '  failed: exit status 1',
      '  waits for 1m until 1970-01-01T00:01:00.000Z, then end',
    ]);
    expect(listed.out).toContain(`fairlead executions intervene ${id} --step 'Install' --do retry|end`);
    const unknown = await run('executions', 'intervene', id, '--do', 'pray');
    expect([unknown.code, unknown.err]).toEqual([
      2,
      expect.stringContaining('Choose one of retry, ignore, mark-success'),
    ]);
    const decided = await run('executions', 'intervene', id, '--step', 'Install', '--do', 'retry', '--reason', 'again');
    expect(decided.code).toBe(0);
    const argument = { id, step: 'Install', action: 'RETRY', reason: 'again' };
    expect(useCases.calls.at(-1)).toEqual({ verb: 'intervene', argument });
    const late = await run('executions', 'intervene', id, '--do', 'retry');
    expect([late.code, late.err]).toEqual([2, expect.stringContaining('no step of it waits')]);
    useCases.finish(id, 'SUCCESS');
  });

  it('settle shows what it would give up, and does it only when told to, with exactly that', async () => {
    const { useCases } = served;
    const id = useCases.create();
    const attempt = `${id}/r1/p1.0/s1/t1@web-1#1`;
    const calls = useCases.calls.length;
    const shown = await run('executions', 'settle', id);
    expect([shown.code, shown.out]).toEqual([0, expect.stringContaining(`not confirmed: ${attempt}`)]);
    expect(shown.out).toContain('lock that becomes free: prod/dc1');
    expect((await run('executions', 'settle', id, '--yes')).err).toContain('--reason is missing');
    expect(useCases.calls).toHaveLength(calls);
    expect((await run('executions', 'settle', id, '--yes', '--reason', 'looked')).code).toBe(0);
    const argument = { id, reason: 'looked', unconfirmed: [attempt] };
    expect(useCases.calls.at(-1)).toEqual({ verb: 'settleByForce', argument });
    useCases.finish(id, 'ABORTED');
  });

  it('finds the control plane that left its connection in the data directory', async () => {
    const file = path.join(directory, 'cli.json');
    await writeFile(file, JSON.stringify({ url: served.http.url, key: ADMIN_KEY, pid: process.pid }));
    expect((await startCli(['status'], { FAIRLEAD_DATA: directory }).ended).code).toBe(0);
    // A process that is gone left it behind.
    await writeFile(file, JSON.stringify({ url: served.http.url, key: ADMIN_KEY, pid: 2 ** 22 + 1 }));
    expect((await startCli(['status'], { FAIRLEAD_DATA: directory }).ended).code).toBe(2);
    await rm(file);
  });
});
