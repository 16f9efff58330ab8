import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Platform } from '@fairlead/agent/platforms/platform.ts';
import { createSshPlatform } from '@fairlead/agent/platforms/ssh/index.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { TaskContext } from '@fairlead/proto/model/task.ts';
import { testAttempt, type AttemptOptions, type TestAttempt } from '../../support/ssh-host/attempt.ts';
import { PASSWORD, startTestHost, type TestHost } from '../../support/ssh-host/index.ts';
import { livingIn } from '../../support/ssh-host/processes.ts';
import { realSystem } from '../../support/ssh-host/system.ts';

let host: TestHost;
let platform: Platform;
let data = '';
let number = 0;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'fairlead-agent-'));
  host = await startTestHost('web-1');
  platform = await createSshPlatform({ directory: data, system: realSystem });
});
afterAll(async () => {
  await platform.close();
  await host.remove();
  await rm(data, { recursive: true, force: true });
});

const context = (more: Partial<TaskContext>): TaskContext => ({
  ...testAttempt({ task: { type: 'COMMAND', parameters: {} } }).task.context,
  ...more,
});

function attempt(
  units: readonly object[],
  more: Partial<AttemptOptions['task']> = {},
  rest: Partial<AttemptOptions> = {},
): TestAttempt {
  number += 1;
  return testAttempt({
    secrets: { 'env:PASSWORD': PASSWORD },
    ...rest,
    task: {
      type: 'COMMAND',
      attemptId: `exec-1/run/p/deploy@web-1#${number}`,
      target: host.target,
      parameters: { command: 'Install', units: units.map((unit) => ({ name: 'a unit', ...unit })) } as never,
      ...more,
    },
  });
}

const run = async (
  units: readonly object[],
  more: Partial<AttemptOptions['task']> = {},
  rest: Partial<AttemptOptions> = {},
): Promise<{ result: AttemptResult; log: string }> => {
  const what = attempt(units, more, rest);
  const result = await platform.run(what);
  return { result, log: what.lines() };
};

describe('a command on a host', () => {
  test('makes the paths, whose names hold spaces, and runs scripts in the runtime path with the environment', async () => {
    const { result, log } = await run(
      [
        { unit: 'SETUP_ENV', name: 'Setup Runtime Paths' },
        { unit: 'EXEC', script: 'pwd; echo "$WINGS_BACKUP_PATH|$port|$odd"' },
      ],
      { context: context({ environment: { port: '8080', odd: `it's $HOME` } }) },
    );
    expect(result).toEqual({ outcome: 'SUCCESS', outputs: {}, touched: true });
    expect(log).toContain(`${host.directory}/my app/runtime\n${host.directory}/my app/backup|8080|it's $HOME\n`);
    expect(log).toContain('[1/2] Setup Runtime Paths (SETUP_ENV)\n');
  });

  test('records before and after every unit that changes something', async () => {
    const what = attempt([
      { unit: 'EXEC', script: 'true' },
      { unit: 'PROCESS_CHECK_STOPPED', pattern: 'no-such-process-xyz' },
    ]);
    await platform.run(what);
    expect(what.records.map((record) => record.name)).toEqual(['unit:0:intent', 'unit:0:result', 'unit:1:result']);
  });

  test('a failing unit ends the command, with its status and last words', async () => {
    const { result, log } = await run([
      { unit: 'EXEC', name: 'Start', script: 'echo out; echo "no database" >&2; exit 3' },
      { unit: 'EXEC', script: 'echo never' },
    ]);
    expect(result).toMatchObject({
      outcome: 'FAILED',
      touched: true,
      failure: { code: 'COMMAND_FAILED', details: { status: 3, host: 'web-1', unit: 'Start' } },
    });
    expect(result.failure?.message).toContain('no database');
    expect(log).not.toContain('never');
  });

  test('tells a full disk and a missing tool from a script that failed', async () => {
    const full = await run([{ unit: 'EXEC', script: 'echo "tar: write error: No space left on device" >&2; exit 2' }]);
    expect(full.result.failure?.code).toBe('DISK_FULL');
    const missing = await run([{ unit: 'EXEC', script: 'no-such-tool-xyz --version' }]);
    expect(missing.result.failure).toMatchObject({ code: 'MISSING_TOOL', details: { tool: 'no-such-tool-xyz' } });
  });

  test('copies the artifact once, checked, under its name', async () => {
    const path = join(data, 'web-1.tgz');
    const bytes = randomBytes(3_000_000);
    await writeFile(path, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const artifact = {
      service: 'web',
      source: { kind: 'DIRECTORY', path: data, match: '' },
      build: '1',
      fileName: 'web 1.tgz',
      location: 'web-1.tgz',
      sha256,
      metadata: {},
    } as const;
    const copy = (): Promise<{ result: AttemptResult; log: string }> =>
      run(
        [{ unit: 'SCP', destination: '$WINGS_RUNTIME_PATH/new place' }],
        { context: context({ artifact }) },
        { artifact: { path, sha256, bytes: bytes.length } },
      );
    const target = join(host.directory, 'my app/runtime/new place');
    const first = await copy();
    expect(first.result).toMatchObject({
      outcome: 'SUCCESS',
      touched: true,
      outputs: { artifact: { sha256, path: join(target, 'web 1.tgz') } },
    });
    expect((await readFile(join(target, 'web 1.tgz'))).equals(bytes)).toBe(true);
    const before = await stat(join(target, 'web 1.tgz'));
    expect((await copy()).result.notes).toEqual(['web 1.tgz was there already.']);
    expect((await stat(join(target, 'web 1.tgz'))).ino).toBe(before.ino);
    expect(await readdir(target)).toEqual(['web 1.tgz']);
  });

  test('copies and runs also where the login shell is a csh', async () => {
    host.faults.csh = true;
    try {
      const files = [{ path: `it's \\n %s "$x".conf`, content: `a\\nb 'c'\n`, mode: '0600' }];
      const { result, log } = await run(
        [
          { unit: 'COPY_CONFIGS', destination: '$HOME/csh' },
          { unit: 'EXEC', script: 'echo "it\nruns"' },
        ],
        { context: context({ configFiles: files }) },
      );
      expect(result).toMatchObject({ outcome: 'SUCCESS' });
      expect(await readdir(join(host.directory, 'csh'))).toEqual([`it's \\n %s "$x".conf`]);
      expect(await readFile(join(host.directory, 'csh', `it's \\n %s "$x".conf`), 'utf8')).toBe(`a\\nb 'c'\n`);
      expect(log).toContain('it\nruns');
    } finally {
      host.faults.csh = false;
    }
  });

  test('writes nothing into a directory that has the name of the file', async () => {
    await mkdir(join(host.directory, 'taken/app.conf'), { recursive: true });
    const { result } = await run([{ unit: 'COPY_CONFIGS', destination: '$HOME/taken' }], {
      context: context({ configFiles: [{ path: 'app.conf', content: 'a', mode: '0600' }] }),
    });
    expect(result).toMatchObject({ outcome: 'FAILED', failure: { code: 'COMMAND_FAILED' } });
    expect(result.failure?.message).toContain('app.conf is a directory');
    expect(await readdir(join(host.directory, 'taken/app.conf'))).toEqual([]);
  });

  test('a copy that the network cuts is done again and never leaves a part', async () => {
    const path = join(data, 'big.bin');
    const bytes = Buffer.alloc(30_000_000, 'x');
    await writeFile(path, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const artifact = {
      service: 'web',
      source: { kind: 'DIRECTORY', path: data, match: '' },
      build: '1',
      fileName: 'big.bin',
      location: 'big.bin',
      sha256,
      metadata: {},
    } as const;
    const running = run(
      [{ unit: 'SCP', destination: '$HOME/cut' }],
      { context: context({ artifact }) },
      { artifact: { path, sha256, bytes: bytes.length } },
    );
    await until(async () => (await readdir(join(host.directory, 'cut')).catch(() => [])).length > 0);
    host.cut();
    const { result, log } = await running;
    expect(result.outcome).toBe('SUCCESS');
    expect(log).toContain('copying again');
    await until(async () => (await readdir(join(host.directory, 'cut'))).length === 1);
    expect((await readFile(join(host.directory, 'cut/big.bin'))).equals(bytes)).toBe(true);
  });

  test('writes configuration files with their modes; secrets are in no command line', async () => {
    const { result } = await run(
      [{ unit: 'COPY_CONFIGS', destination: '$WINGS_RUNTIME_PATH' }],
      {
        context: context({
          configFiles: [
            {
              path: 'etc/app.conf',
              content: { parts: ['password=', { late: 'secret', name: 'env:DB' }, '\n'] },
              mode: '0640',
            },
            { path: '$HOME/elsewhere/b.conf', content: 'b', mode: '0600' },
          ],
        }),
      },
      { secrets: { 'env:PASSWORD': PASSWORD, 'env:DB': 'hunter2' } },
    );
    expect(result.outcome).toBe('SUCCESS');
    const file = join(host.directory, 'my app/runtime/etc/app.conf');
    expect(await readFile(file, 'utf8')).toBe('password=hunter2\n');
    expect((await stat(file)).mode & 0o777).toBe(0o640);
    expect(await readFile(join(host.directory, 'elsewhere/b.conf'), 'utf8')).toBe('b');
    expect(host.commands.join('\n')).not.toContain('hunter2');
  });

  test('checks ports without nc: listening, cleared, and waiting for the change', async () => {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as net.AddressInfo;
    const check = (unit: string, withinMs: number) =>
      run([{ unit, port: String(port), withinMs }]).then(({ result }) => result);
    expect((await check('PORT_CHECK_LISTENING', 0)).outcome).toBe('SUCCESS');
    expect(await check('PORT_CHECK_CLEARED', 0)).toMatchObject({
      outcome: 'FAILED',
      touched: false,
      failure: { code: 'CHECK_FAILED' },
    });
    const waiting = check('PORT_CHECK_CLEARED', 5_000);
    setTimeout(() => server.close(), 300);
    expect((await waiting).outcome).toBe('SUCCESS');
    expect((await check('PORT_CHECK_LISTENING', 300)).failure?.code).toBe('CHECK_FAILED');
  });

  test('checks processes without pgrep, and does not find itself', async () => {
    const pattern = `fairlead-test-daemon-${process.pid}`;
    const check = (unit: string) => run([{ unit, pattern, withinMs: 0 }]).then(({ result }) => result);
    expect((await check('PROCESS_CHECK_STOPPED')).outcome).toBe('SUCCESS');
    expect((await check('PROCESS_CHECK_RUNNING')).failure?.code).toBe('CHECK_FAILED');
    const { log } = await run([{ unit: 'EXEC', script: `sh -c 'sleep 20; : ${pattern}' & echo "pid=$!"` }]);
    expect((await check('PROCESS_CHECK_RUNNING')).outcome).toBe('SUCCESS');
    expect((await check('PROCESS_CHECK_STOPPED')).failure?.code).toBe('CHECK_FAILED');
    const daemon = Number(/pid=(\d+)/.exec(log)?.[1]);
    await run([{ unit: 'EXEC', script: `kill ${daemon}` }]);
    expect((await run([{ unit: 'PROCESS_CHECK_STOPPED', pattern, withinMs: 3_000 }])).result.outcome).toBe('SUCCESS');
  });

  test('starts and stops containers with the docker there is; without one says what is missing', async () => {
    const bin = join(host.directory, 'bin');
    await mkdir(bin, { recursive: true });
    await writeFile(
      join(bin, 'docker'),
      `#!/bin/sh\nprintf '%s\\n' "$*" >> "$HOME/calls"\ncase $1 in login) cat >> "$HOME/calls"; echo >> "$HOME/calls" ;; ps) echo c1; echo c2 ;; esac\n`,
    );
    await chmod(join(bin, 'docker'), 0o755);
    const shown = await startTestHost('docker-1', {
      directory: host.directory,
      environment: { PATH: `${bin}:${process.env['PATH'] ?? ''}` },
    });
    try {
      const start = {
        unit: 'DOCKER_START',
        image: 'registry.example/web:7',
        options: '-p 80:80 --name web',
        registry: 'registry.example',
        user: 'bob',
        password: { parts: [{ late: 'secret', name: 'env:DOCKER' }] },
      };
      const done = await run(
        [start, { unit: 'DOCKER_STOP', image: 'registry.example/web:7' }],
        { target: shown.target },
        { secrets: { 'env:PASSWORD': PASSWORD, 'env:DOCKER': 's3cret' } },
      );
      expect(done.result.outcome).toBe('SUCCESS');
      expect((await readFile(join(host.directory, 'calls'), 'utf8')).split('\n')).toEqual([
        'login --username bob --password-stdin registry.example',
        's3cret',
        'run -d -p 80:80 --name web registry.example/web:7',
        'logout registry.example',
        'ps -q --filter ancestor=registry.example/web:7',
        'stop c1',
        'stop c2',
        '',
      ]);
    } finally {
      await shown.close();
    }
    const bare = await startTestHost('docker-2', { environment: { PATH: '/bin' } });
    try {
      const missing = await run(
        [
          { unit: 'EXEC', script: 'true' },
          { unit: 'DOCKER_STOP', image: 'x' },
        ],
        { target: bare.target },
      );
      expect(missing.result.failure).toMatchObject({ code: 'MISSING_TOOL', details: { tool: 'docker' } });
    } finally {
      await bare.remove();
    }
  });

  test('a cancel ends a script that ignores TERM within the grace and a second', async () => {
    const what = attempt([{ unit: 'EXEC', script: `trap '' TERM; echo "$$ up"; while :; do sleep 1; done` }]);
    const running = platform.run(what);
    await until(() => what.lines().includes(' up\n'));
    const started = performance.now();
    what.stop({ kind: 'cancel', graceMs: 300 });
    const result = await running;
    expect(performance.now() - started).toBeLessThan(1_300);
    expect(result).toMatchObject({ outcome: 'CANCELED', confirmed: true, touched: true });
    const claims = join(host.directory, '.fairlead/attempts');
    const claim = (await readdir(claims)).find((name) => name.includes(`_${number}-`));
    const group = Number.parseInt(await readFile(join(claims, claim ?? '', '0/pid'), 'utf8'), 10);
    expect(await livingIn(group)).toEqual([]);
  });

  test('a timeout stops it as a cancel does, and is a failure', async () => {
    const what = attempt([{ unit: 'EXEC', script: 'echo up; sleep 60' }], { timeoutMs: 100 });
    const running = platform.run(what);
    await until(() => what.lines().includes('up\n'));
    what.stop({ kind: 'timeout', graceMs: 1_000 });
    expect(await running).toMatchObject({
      outcome: 'FAILED',
      failure: { code: 'STEP_TIMEOUT', details: { confirmed: true } },
    });
  });

  test('a dropped connection does not disturb a script, nor its log', async () => {
    const what = attempt([
      { unit: 'EXEC', script: 'i=0; while [ $i -lt 20 ]; do i=$((i+1)); echo "<$i>"; sleep 0.05; done' },
    ]);
    const running = platform.run(what);
    await until(() => what.lines().includes('<5>'));
    host.cut();
    expect((await running).outcome).toBe('SUCCESS');
    expect(what.lines().match(/<\d+>/g)).toEqual(Array.from({ length: 20 }, (_, i) => `<${i + 1}>`));
  });

  test('resumed after the agent died: units that ended are not run again, and one that runs is followed', async () => {
    const units = [
      { unit: 'EXEC', script: 'echo one >> "$HOME/trace"' },
      { unit: 'EXEC', script: 'echo two >> "$HOME/trace"; sleep 0.4; echo slept' },
      { unit: 'EXEC', script: 'echo three >> "$HOME/trace"' },
    ];
    const first = attempt(units);
    const lost = platform.run(first);
    await until(async () => (await readFile(join(host.directory, 'trace'), 'utf8').catch(() => '')).includes('two'));
    // A second agent takes the attempt up while the first one still runs: the worst case of a resume.
    const again = attempt(units, { attemptId: first.id }, { resumed: true });
    expect((await platform.run(again)).outcome).toBe('SUCCESS');
    await lost;
    expect(await readFile(join(host.directory, 'trace'), 'utf8')).toBe('one\ntwo\nthree\n');
    expect(again.lines()).toContain('It was started before on web-1');
  });

  test('resumed after the agent died during a cancel: it is canceled, and nothing more is run', async () => {
    const trace = join(host.directory, 'canceled-trace');
    const units = [
      { unit: 'EXEC', script: 'echo up; sleep 60' },
      { unit: 'EXEC', script: `echo ran >> '${trace}'` },
    ];
    const first = attempt(units);
    const running = platform.run(first);
    await until(() => first.lines().includes('up\n'));
    first.stop({ kind: 'cancel', graceMs: 200 });
    await running;
    const again = await platform.run(attempt(units, { attemptId: first.id }, { resumed: true }));
    expect(again).toMatchObject({ outcome: 'CANCELED', confirmed: true });
    expect(await readFile(trace, 'utf8').catch(() => 'nothing')).toBe('nothing');
  });

  test('resumed with the cancel already there: what ran is ended, what was never started is not', async () => {
    const trace = join(host.directory, 'late-trace');
    const units = [{ unit: 'EXEC', script: `echo ran >> '${trace}'` }];
    const never = attempt(units, {}, { resumed: true });
    never.stop({ kind: 'cancel', graceMs: 100 });
    expect(await platform.run(never)).toMatchObject({ outcome: 'CANCELED', confirmed: true });
    expect(await readFile(trace, 'utf8').catch(() => 'nothing')).toBe('nothing');
    expect((await platform.run(attempt(units, { attemptId: never.id }))).outcome).toBe('CANCELED');
    expect(await readFile(trace, 'utf8').catch(() => 'nothing')).toBe('nothing');
  });

  test('after a success the outputs are gone from the host and the statuses are kept', async () => {
    await run([{ unit: 'EXEC', script: 'echo something' }]);
    const claims = join(host.directory, '.fairlead/attempts');
    const claim = (await readdir(claims)).find((name) => name.includes(`_${number}-`)) ?? '';
    await until(async () => !(await readdir(join(claims, claim, '0'))).includes('out'));
    expect((await readdir(join(claims, claim, '0'))).sort()).toEqual(['pid', 'status']);
  });

  test('probe tells how an attempt stands to somebody who only knows its id', async () => {
    const secret = (): Promise<string> => Promise.resolve(PASSWORD);
    const look = async (id: string) => platform.probe?.(host.target, { attemptId: id, outputs: [] }, secret);
    expect(await look('nobody/knows@it#1')).toEqual({ seen: 'never-started' });
    const what = attempt([{ unit: 'EXEC', script: 'echo up; sleep 30' }]);
    const running = platform.run(what);
    await until(() => what.lines().includes('up\n'));
    expect(await look(what.id)).toEqual({ seen: 'running' });
    what.stop({ kind: 'cancel', graceMs: 100 });
    await running;
    expect(await look(what.id)).toMatchObject({ seen: 'ended', result: { outcome: 'CANCELED', confirmed: true } });
    const good = attempt([{ unit: 'EXEC', script: 'true' }]);
    await platform.run(good);
    expect(await look(good.id)).toMatchObject({ seen: 'ended', result: { outcome: 'SUCCESS' } });
  });
});

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('waited 5 s for nothing');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
