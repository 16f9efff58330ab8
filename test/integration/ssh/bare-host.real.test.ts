import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSshPlatform, type SshPlatform } from '@fairlead/agent/platforms/ssh/index.ts';
import { requireReal } from '../../support/real/index.ts';
import { testAttempt } from '../../support/ssh-host/attempt.ts';
import { PASSWORD, startTestHost, type TestHost } from '../../support/ssh-host/index.ts';
import { realSystem } from '../../support/ssh-host/system.ts';

/** A host that has nothing but busybox, and of that neither nc nor pgrep nor ps. */
let root = '';
let host: TestHost;
let platform: SshPlatform;
let number = 0;

beforeAll(async () => {
  const { path } = requireReal('busybox');
  root = mkdtempSync(join(tmpdir(), 'fairlead-bare-'));
  const bin = join(root, 'bin');
  mkdirSync(bin);
  for (const applet of execFileSync(path, ['--list'], { encoding: 'utf8' }).trim().split('\n')) {
    if (!['nc', 'pgrep', 'pkill', 'ps', 'pidof', 'bash'].includes(applet)) symlinkSync(path, join(bin, applet));
  }
  host = await startTestHost('bare', { environment: { PATH: bin } });
  platform = await createSshPlatform({ directory: root, system: realSystem });
});
afterAll(async () => {
  await platform.close();
  await host.remove();
  rmSync(root, { recursive: true, force: true });
});

const attempt = (
  units: readonly object[],
  extra: Partial<Parameters<typeof testAttempt>[0]> = {},
  context: object = {},
) => {
  number += 1;
  const base = testAttempt({ task: { type: 'COMMAND', parameters: {} } }).task.context;
  return testAttempt({
    secrets: { 'env:PASSWORD': PASSWORD },
    ...extra,
    task: {
      type: 'COMMAND',
      attemptId: `exec-b/run/p/deploy@bare#${number}`,
      target: host.target,
      parameters: { command: 'Install', units: units.map((unit) => ({ name: 'a unit', ...unit })) } as never,
      context: { ...base, ...context },
    },
  });
};

test('a whole command runs: paths, copies, a service that is started, checked and stopped', async () => {
  const file = join(root, 'app.txt');
  writeFileSync(file, 'hello');
  const sha256 = createHash('sha256').update('hello').digest('hex');
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  const mark = `bare-daemon-${process.pid}`;
  const what = attempt(
    [
      { unit: 'SETUP_ENV' },
      { unit: 'SCP', destination: '$WINGS_RUNTIME_PATH' },
      { unit: 'COPY_CONFIGS', destination: '$WINGS_RUNTIME_PATH' },
      { unit: 'PROCESS_CHECK_STOPPED', pattern: mark },
      {
        unit: 'EXEC',
        script: `cat app.txt app.conf; sh -c 'while :; do sleep 1; done; : ${mark}' & echo $! > "$HOME/daemon"`,
      },
      { unit: 'PROCESS_CHECK_RUNNING', pattern: mark, withinMs: 2_000 },
      { unit: 'PORT_CHECK_LISTENING', port },
      { unit: 'EXEC', script: 'kill "$(cat "$HOME/daemon")"' },
      { unit: 'PROCESS_CHECK_STOPPED', pattern: mark, withinMs: 2_000 },
    ],
    { artifact: { path: file, sha256, bytes: 5 } },
    {
      artifact: {
        service: 'web',
        source: { kind: 'DIRECTORY', path: root, match: '' },
        build: '1',
        fileName: 'app.txt',
        location: 'app.txt',
        sha256,
        metadata: {},
      },
      configFiles: [{ path: 'app.conf', content: ' world\n', mode: '0600' }],
    },
  );
  const result = await platform.run(what);
  server.close();
  expect(result).toMatchObject({ outcome: 'SUCCESS', touched: true });
  expect(what.lines()).toContain('hello world\n');
  expect(await readFile(join(host.directory, 'my app/runtime/app.txt'), 'utf8')).toBe('hello');
});

test('a port that nothing listens on is told, and bash is missed by name', async () => {
  const check = await platform.run(attempt([{ unit: 'PORT_CHECK_LISTENING', port: 1, withinMs: 0 }]));
  expect(check.failure?.code).toBe('CHECK_FAILED');
  const bash = await platform.run(attempt([{ unit: 'EXEC', script: 'true', shell: 'bash' }]));
  expect(bash).toMatchObject({ touched: false, failure: { code: 'MISSING_TOOL' } });
});
