import { getEventListeners } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Platform } from '@fairlead/agent/platforms/platform.ts';
import { claimName } from '@fairlead/agent/platforms/shell/claim-name.ts';
import { createShellPlatform } from '@fairlead/agent/platforms/shell/index.ts';
import { createSshPlatform, type SshPlatform } from '@fairlead/agent/platforms/ssh/index.ts';
import { testAttempt, type AttemptOptions, type TestAttempt } from '../../support/ssh-host/attempt.ts';
import { PASSWORD, startTestHost, type TestHost } from '../../support/ssh-host/index.ts';
import { realSystem } from '../../support/ssh-host/system.ts';

let host: TestHost;
let ssh: SshPlatform;
let shell: Platform;
let data = '';
let number = 0;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'fairlead agent-'));
  host = await startTestHost('web-1');
  ssh = await createSshPlatform({ directory: data, system: realSystem });
  shell = await createShellPlatform({ directory: data, system: realSystem, onHost: ssh.onHost });
});
afterAll(async () => {
  await shell.close();
  await ssh.close();
  await host.remove();
  await rm(data, { recursive: true, force: true });
});

const attempt = (parameters: object, more: Partial<AttemptOptions> = {}): TestAttempt => {
  number += 1;
  return testAttempt({
    secrets: { 'env:PASSWORD': PASSWORD, 'env:TOKEN': 'tok-123' },
    ...more,
    task: {
      type: 'SHELL_SCRIPT',
      attemptId: `exec-3/run/p/script@-#${number}`,
      target: host.target,
      parameters: parameters as never,
      ...more.task,
    },
  });
};

test('what a script has set is found by an agent that only knows its id', async () => {
  const secret = (): Promise<string> => Promise.resolve(PASSWORD);
  const look = async (attemptId: string, outputs: readonly string[]) =>
    ssh.probe?.(host.target, { attemptId, outputs }, secret);
  const what = attempt({ on: 'hosts', script: 'version=7.1', outputs: { version: 'STRING' } });
  const result = await shell.run(what);
  expect(result).toEqual({ outcome: 'SUCCESS', outputs: { version: '7.1' }, touched: true });
  expect(await look(what.id, ['version'])).toEqual({ seen: 'ended', result });
  expect(await look(what.id, ['version', 'other'])).toMatchObject({
    seen: 'ended',
    result: { outcome: 'FAILED', failure: { code: 'OUTPUT_MISSING' }, touched: true },
  });
});

describe.each(['agent', 'hosts'])('a shell script on %s', (on) => {
  test('a secret that no shell can hold is told as such', async () => {
    const what = attempt(
      { on, script: 'true' },
      {
        secrets: { 'env:PASSWORD': PASSWORD, 'env:TOKEN': 'a\0b' },
        task: {
          type: 'SHELL_SCRIPT',
          parameters: { on, script: 'true' },
          context: {
            ...testAttempt({ task: { type: 'x', parameters: {} } }).task.context,
            environment: { token: { parts: [{ late: 'secret', name: 'env:TOKEN' }] } },
          },
        },
      },
    );
    expect(await shell.run(what)).toMatchObject({ outcome: 'FAILED', failure: { code: 'INVALID_INPUT' } });
  });

  test('leaves nobody waiting for its cancel when it has ended', async () => {
    const what = attempt({ on, script: 'true' });
    expect((await shell.run(what)).outcome).toBe('SUCCESS');
    expect(getEventListeners(what.signal, 'abort')).toEqual([]);
  });

  test('runs under bash and gives back the variables it set', async () => {
    const script = 'version=$(printf "%s.%s" 1 2); list=(a b); two="${list[1]}"; notes=$\'a\\nb\'';
    const result = await shell.run(
      attempt({ on, script, outputs: { version: 'STRING', two: 'STRING', notes: 'STRING' } }),
    );
    expect(result).toEqual({ outcome: 'SUCCESS', outputs: { version: '1.2', two: 'b', notes: 'a\nb' }, touched: true });
  });

  test('its exit status decides, and an early exit loses the outputs', async () => {
    expect((await shell.run(attempt({ on, script: 'exit 3' }))).failure).toMatchObject({
      code: 'COMMAND_FAILED',
      details: { status: 3 },
    });
    const early = await shell.run(
      attempt({ on, script: 'version=1; exit 0', outputs: { version: 'STRING', other: 'STRING' } }),
    );
    expect(early.failure).toMatchObject({ code: 'OUTPUT_MISSING', details: { missing: ['version', 'other'] } });
    expect(
      (await shell.run(attempt({ on, script: 'version=1', outputs: { version: 'STRING', other: 'STRING' } }))).failure,
    ).toMatchObject({
      code: 'OUTPUT_MISSING',
      details: { missing: ['other'] },
    });
  });

  test('without set -e inner failures are not seen, with it they are', async () => {
    expect((await shell.run(attempt({ on, script: 'false; true' }))).outcome).toBe('SUCCESS');
    expect((await shell.run(attempt({ on, script: 'set -e; false; true' }))).outcome).toBe('FAILED');
  });

  test('sh is sh', async () => {
    const what = attempt({ on, shell: 'sh', script: 'echo "[${BASH_VERSION:-none}]"' });
    await shell.run(what);
    expect(what.lines()).toContain('[none]');
  });

  test('a working directory must exist, and late text is filled in', async () => {
    const missing = await shell.run(attempt({ on, script: 'true', workingDirectory: '/no such place' }));
    expect(missing.failure?.message).toContain('the working directory /no such place does not exist');
    const what = attempt({
      on,
      workingDirectory: '/tmp',
      script: { parts: ['pwd; echo ', { late: 'secret', name: 'env:TOKEN' }, ' ', { late: 'instance', path: 'name' }] },
    });
    expect((await shell.run(what)).outcome).toBe('SUCCESS');
    expect(what.lines()).toContain('/tmp\ntok-123 web-1\n');
  });

  test('a cancel ends it and says so', async () => {
    const what = attempt({ on, script: `trap '' TERM; echo up; while :; do sleep 1; done` });
    const running = shell.run(what);
    await until(() => what.lines().includes('up\n'));
    what.stop({ kind: 'cancel', graceMs: 200 });
    expect(await running).toMatchObject({ outcome: 'CANCELED', confirmed: true, touched: true });
  });

  test('what it wrote is taken away behind a success, and its values are there for an agent that comes back', async () => {
    const parameters = { on, script: 'yes line | head -n 1000; result=42', outputs: { result: 'STRING' } };
    const first = attempt(parameters);
    expect((await shell.run(first)).outcome).toBe('SUCCESS');
    const claims = on === 'agent' ? join(data, 'attempts') : join(host.directory, '.fairlead/attempts');
    const unit = join(claims, claimName(first.id), '0');
    await until(async () => !(await readdir(unit)).includes('out'));
    expect((await readdir(unit)).toSorted()).toEqual(['pid', 'status', 'v.result']);
    const again = await shell.run(attempt(parameters, { resumed: true, task: { ...first.task } }));
    expect(again).toMatchObject({ outcome: 'SUCCESS', outputs: { result: '42' } });
  });

  test('resumed, it is followed and not run again', async () => {
    const trace = join(on === 'agent' ? data : host.directory, 'trace');
    const parameters = { on, script: `echo ran >> '${trace}'; sleep 0.4; result=42`, outputs: { result: 'STRING' } };
    const first = attempt(parameters);
    const running = shell.run(first);
    await until(async () => (await readFile(trace, 'utf8').catch(() => '')) !== '');
    const again = await shell.run(attempt(parameters, { resumed: true, task: { ...first.task } }));
    expect(again).toMatchObject({ outcome: 'SUCCESS', outputs: { result: '42' } });
    expect((await running).outcome).toBe('SUCCESS');
    expect(await readFile(trace, 'utf8')).toBe('ran\n');
  });
});

test('a script on the agent sees none of the agent’s own environment', async () => {
  process.env['FAIRLEAD_TEST_HIDDEN'] = 'secret';
  const what = attempt({ on: 'agent', script: 'env' });
  await shell.run(what);
  delete process.env['FAIRLEAD_TEST_HIDDEN'];
  expect(what.lines()).toContain('PATH=');
  expect(what.lines()).not.toContain('FAIRLEAD_TEST_HIDDEN');
});

test('secret outputs are refused before anything runs', async () => {
  const result = await shell.run(attempt({ on: 'agent', script: 'token=1', outputs: { token: 'SECRET' } }));
  expect(result).toMatchObject({
    outcome: 'FAILED',
    touched: false,
    failure: { code: 'UNSUPPORTED', field: 'outputs' },
  });
});

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('waited 5 s for nothing');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('a script that is asked for an approval', () => {
  const asked = (script: string, everyMs = 1_000): TestAttempt => {
    const parameters = { script, everyMs } as never;
    return attempt({}, { task: { type: 'SCRIPT_APPROVAL', parameters } });
  };

  test('is asked again until it answers', async () => {
    const file = join(data, 'tries');
    const script = `echo asked >>'${file}'; n=$(wc -l <'${file}'); [ $n -ge 2 ] || exit 4; [ $n -ge 3 ] || APPROVAL=maybe; [ $n -lt 3 ] || APPROVAL=APPROVED`;
    const waiting = asked(script);
    expect(await shell.run(waiting)).toEqual({
      outcome: 'SUCCESS',
      outputs: { approvalStateType: 'SHELL_SCRIPT', approvalStatus: 'SUCCESS' },
      touched: false,
    });
    expect((await readFile(file, 'utf8')).trim().split('\n')).toHaveLength(3);
    expect(waiting.lines()).toContain('The script ended with status 4: asking again in 1s.');
    expect(waiting.lines()).toContain('The script set APPROVAL to none of APPROVED, REJECTED: asking again in 1s.');
  });

  test('may reject', async () => {
    const rejected = { outcome: 'SUCCESS', outputs: { approvalStatus: 'REJECTED' } };
    expect(await shell.run(asked('APPROVAL=REJECTED'))).toMatchObject(rejected);
  });

  test('is not asked any more when it is told to stop', async () => {
    const waiting = asked('exit 4', 60_000);
    const running = shell.run(waiting);
    await expect.poll(() => waiting.lines(), { timeout: 20_000 }).toContain('asking again');
    waiting.stop({ kind: 'cancel', graceMs: 500 });
    expect(await running).toMatchObject({ outcome: 'CANCELED', confirmed: true, touched: false });
  });
});
