import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ask } from '@fairlead/agent/platforms/shell/ask.ts';
import type { Transport } from '@fairlead/agent/platforms/shell/channel.ts';
import { claimName } from '@fairlead/agent/platforms/shell/claim-name.ts';
import { quote } from '@fairlead/agent/platforms/shell/quote.ts';
import { runUnit, type Unit, type UnitEnd } from '@fairlead/agent/platforms/shell/run-unit.ts';
import { stopAttempt } from '@fairlead/agent/platforms/shell/stop-attempt.ts';
import { probeProgram, tidyProgram } from '@fairlead/agent/platforms/shell/wrapper.ts';
import { livingIn } from '../../support/ssh-host/processes.ts';
import { realSystem } from '../../support/ssh-host/system.ts';
import { cutting, deaf, losing } from './bad-transports.ts';

/** What the attempt wrapper promises, whichever shell the target has. */
export function wrapperCases(shellName: string, transport: Transport): void {
  describe(`attempt wrapper under ${shellName}`, () => {
    let directory = '';
    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'fairlead-wrapper-'));
    });
    afterEach(() => rm(directory, { recursive: true, force: true }));

    const unit = (script: string, more: Partial<Unit> = {}): Unit => ({
      attemptId: 'exec-1/run/phase 1/deploy@web-1#1',
      base: quote(join(directory, 'attempts')),
      unit: 0,
      units: 1,
      resumed: false,
      shell: 'sh',
      exports: {},
      directory: { words: quote(directory), required: true },
      script,
      outputs: [],
      ...more,
    });

    interface Ran {
      readonly end: UnitEnd;
      readonly stdout: string;
      readonly stderr: string;
      readonly found: boolean;
    }
    const run = async (
      what: Unit,
      over: Transport = transport,
      signal = new AbortController().signal,
    ): Promise<Ran> => {
      const text = { stdout: '', stderr: '' };
      let found = false;
      const end = await runUnit(what, {
        transport: over,
        system: realSystem,
        signal,
        reconnectForMs: 3_000,
        events: {
          output: (bytes, stream) => (text[stream] += Buffer.from(bytes).toString()),
          found: () => (found = true),
          sending: () => undefined,
          reconnecting: () => undefined,
        },
      });
      return { end, ...text, found };
    };

    test('streams both outputs exactly and tells the exit status', async () => {
      const ran = await run(unit("printf 'no newline'; printf 'x 0\\n@fairlead\\n' >&2; exit 7"));
      expect(ran).toMatchObject({
        end: { end: 'exited', status: 7 },
        stdout: 'no newline',
        stderr: 'x 0\n@fairlead\n',
      });
    });

    test('a short script needs no sleep', async () => {
      // The best of some: other work on the machine may slow down any one of them.
      let best = Number.POSITIVE_INFINITY;
      for (let index = 0; index < 5; index += 1) {
        const started = performance.now();
        await run(unit('true', { unit: index }));
        best = Math.min(best, performance.now() - started);
      }
      expect(best).toBeLessThan(190);
    });

    test('streams while the script runs, and loses and doubles nothing', async () => {
      const script = 'i=0; while [ $i -lt 12 ]; do i=$((i+1)); printf "line %s äöü\\n" $i; sleep 0.05; done';
      const ran = await run(unit(script));
      expect(ran.stdout).toBe(Array.from({ length: 12 }, (_, i) => `line ${i + 1} äöü\n`).join(''));
    });

    test('exports the environment, also odd values, and enters the directory', async () => {
      const value = `it's "quoted" $HOME \`x\` \\ and\nnew line`;
      const ran = await run(unit('printf %s "$ODD"; pwd >&2', { exports: { ODD: quote(value) } }));
      expect(ran.stdout).toBe(value);
      expect(ran.stderr.trim()).toBe(directory);
    });

    test('keeps the login umask for the script and hides its own files', async () => {
      const ran = await run(unit('umask'));
      expect(Number.parseInt(ran.stdout, 8)).toBe(process.umask());
      const ls = await run(unit(`ls -ld ${quote(join(directory, 'attempts'))}`, { unit: 1 }));
      expect(ls.stdout).toMatch(/^drwx------/);
    });

    test('reads shell variables without export, and not after an early exit', async () => {
      const outputs = ['version', 'missing', 'multi'];
      const read = await run(unit("version=1.2; multi='a\nb'", { outputs }));
      expect(read.end).toMatchObject({ end: 'exited', status: 0 });
      const values = read.end.end === 'exited' ? read.end.values : new Map<string, Buffer>();
      expect([...values].map(([name, value]) => [name, value.toString()])).toEqual([
        ['multi', 'a\nb'],
        ['version', '1.2'],
      ]);
      const early = await run(unit('version=1; exit 0', { outputs, unit: 1 }));
      expect(early.end.end === 'exited' ? early.end.values.size : -1).toBe(0);
    });

    test('refuses a second start, and tells the outcome of the first', async () => {
      const what = unit(`echo ran >> ${quote(join(directory, 'log'))}; echo out; exit 3`);
      await run(what);
      const again = await run(what);
      expect(again).toMatchObject({ end: { end: 'exited', status: 3 }, stdout: 'out\n', found: true });
      expect(await readFile(join(directory, 'log'), 'utf8')).toBe('ran\n');
    });

    test('many starts at once run it once', async () => {
      const what = unit(`echo ran >> ${quote(join(directory, 'log'))}; sleep 0.3; echo done`);
      const all = await Promise.all(Array.from({ length: 5 }, () => run(what)));
      for (const ran of all) expect(ran).toMatchObject({ end: { end: 'exited', status: 0 }, stdout: 'done\n' });
      expect(await readFile(join(directory, 'log'), 'utf8')).toBe('ran\n');
    });

    test('a lost channel does not disturb the script; the reader goes on where it was', async () => {
      const lossy: Transport = losing(transport, 3, 250);
      const script = 'i=0; while [ $i -lt 15 ]; do i=$((i+1)); echo $i; sleep 0.1; done';
      const ran = await run(unit(script), lossy);
      expect(ran.end).toMatchObject({ end: 'exited', status: 0 });
      expect(ran.stdout).toBe(Array.from({ length: 15 }, (_, i) => `${i + 1}\n`).join(''));
    });

    test('a reader that goes away while the unit is claimed does not keep it from running', async () => {
      for (let index = 0; index < 5; index += 1) {
        const ran = await run(unit('echo once', { unit: index }), deaf(transport));
        expect(ran).toMatchObject({ end: { end: 'exited', status: 0 }, stdout: 'once\n' });
      }
    }, 30_000);

    test('a program that arrives cut off does nothing', async () => {
      for (const share of [0.1, 0.5, 0.9, 0.99]) {
        const ran = await run(unit(`echo ran >> ${quote(join(directory, 'log'))}`), cutting(transport, share));
        expect(ran.end.end).toBe('not-started');
      }
      expect(await readdir(directory)).toEqual([]);
    });

    test('resumed: runs what was never claimed', async () => {
      const ran = await run(unit('echo fresh', { resumed: true }));
      expect(ran).toMatchObject({ end: { end: 'exited', status: 0 }, stdout: 'fresh\n', found: false });
    });

    test('resumed: a unit that was killed with its supervisor is told as killed', async () => {
      const looking = new AbortController();
      const first = run(unit('sleep 30'), transport, looking.signal);
      const pid = await waitForPid(directory);
      process.kill(-pid, 'SIGKILL');
      expect((await first).end).toEqual({ end: 'killed' });
      expect((await run(unit('sleep 30', { resumed: true }))).end).toEqual({ end: 'killed' });
    });

    test('resumed: a claim that never began is unknown, not run', async () => {
      const what = unit(`echo ran >> ${quote(join(directory, 'log'))}`, { resumed: true });
      await run(unit('true', { unit: 5 }));
      const claimed = join(directory, 'attempts', claimName(what.attemptId), '0');
      await mkdir(claimed);
      expect((await run(what)).end).toMatchObject({ end: 'unknown', failure: { code: 'OUTCOME_UNKNOWN' } });
      expect(await readdir(directory)).toEqual(['attempts']);
    }, 15_000);

    test('a pid that another process got since, or a reboot, is not taken for the script', async () => {
      const what = unit('true', { resumed: true });
      await run(what);
      const claim = join(directory, 'attempts', claimName(what.attemptId), '0');
      await rm(join(claim, 'status'));
      await writeFile(join(claim, 'pid'), `${process.pid} 1 - 1 .\n`);
      expect((await run(what)).end).toEqual({ end: 'killed' });
      await writeFile(join(claim, 'pid'), `${process.pid} - other-boot 1 .\n`);
      expect((await run(what)).end).toEqual({ end: 'killed' });
    });

    test('stop ends the whole group, also one that ignores TERM, and keeps the rest from starting', async () => {
      const what = unit("trap '' TERM; echo up; sleep 60 & sleep 60; sleep 60");
      const running = run(what);
      const pid = await waitForPid(directory);
      const started = performance.now();
      const stopped = await stopAttempt(transport, realSystem, { id: what.attemptId, base: what.base }, 300);
      expect(stopped).toEqual({ confirmed: true });
      expect(performance.now() - started).toBeLessThan(1_300);
      expect(await livingIn(pid)).toEqual([]);
      expect((await running).end).toEqual({ end: 'canceled', began: true });
      expect((await run(unit('true', { unit: 1 }))).end).toEqual({ end: 'canceled', began: false });
    });

    test('stop lets a script that listens end in its own way', async () => {
      const what = unit("trap 'echo bye; exit 9' TERM; echo up; while :; do sleep 0.05; done");
      const running = run(what);
      await waitForPid(directory);
      await new Promise((resolve) => setTimeout(resolve, 150));
      expect(await stopAttempt(transport, realSystem, { id: what.attemptId, base: what.base }, 1_000)).toEqual({
        confirmed: true,
      });
      expect(await running).toMatchObject({ end: { end: 'canceled', began: true }, stdout: 'up\nbye\n' });
    });

    test('what a script leaves in the background outlives it and does not hold it up', async () => {
      const started = performance.now();
      const ran = await run(unit('sleep 3 & echo $!'));
      expect(performance.now() - started).toBeLessThan(1_500);
      const daemon = Number(ran.stdout.trim());
      expect(process.kill(daemon, 0)).toBe(true);
      process.kill(daemon, 'SIGKILL');
    });

    test('probe says how every unit stands', async () => {
      await run(unit('exit 4', { units: 3 }));
      const running = run(unit('sleep 30', { unit: 1 }));
      await waitForPid(directory, 1);
      const claim = { base: unit('').base, name: claimName(unit('').attemptId) };
      const values: string[] = [];
      const onValue = (name: string, bytes: Uint8Array): void =>
        void values.push(`${name}=${Buffer.from(bytes).toString()}`);
      const lines = await ask(transport, realSystem, (nonce) => probeProgram(claim, nonce), { onValue });
      expect(lines.map((line) => `${line.word} ${line.rest}`)).toEqual([
        'p units 3',
        'p ended 4 0',
        'p running 0 1',
        'g ',
      ]);
      expect(values).toEqual([]);
      await stopAttempt(transport, realSystem, { id: unit('').attemptId, base: unit('').base }, 100);
      await running;
    });

    test('probe gives the values of a unit that ended well, byte for byte', async () => {
      const script = "one='a\nb'; two=; three=$(printf 'p ended 1 0')";
      await run(unit(script, { outputs: ['one', 'two', 'three'] }));
      const claim = { base: unit('').base, name: claimName(unit('').attemptId) };
      const values = new Map<string, string>();
      const onValue = (name: string, bytes: Uint8Array): void => void values.set(name, Buffer.from(bytes).toString());
      const lines = await ask(transport, realSystem, (nonce) => probeProgram(claim, nonce), { onValue });
      expect(lines.map((line) => `${line.word} ${line.rest}`)).toEqual(['p units 1', 'p ended 0 0', 'g ']);
      expect(Object.fromEntries(values)).toEqual({ one: 'a\nb', two: '', three: 'p ended 1 0' });
    });

    test('what nobody touched for a week goes, but never what still runs', async () => {
      const old = new Date(Date.now() - 9 * 86_400_000);
      const age = async (path: string): Promise<void> => {
        for (const entry of await readdir(path, { recursive: true })) await utimes(join(path, entry), old, old);
        await utimes(path, old, old);
      };
      const attempts = join(directory, 'attempts');
      const named = (step: string): Unit => unit('true', { attemptId: `exec-1/run/phase 1/${step}@web-1#1` });
      const place = (step: string): string => join(attempts, claimName(named(step).attemptId));
      const looking = new AbortController();
      const running = run({ ...named('long'), script: 'sleep 30' }, transport, looking.signal);
      await waitForPid(directory, 0, named('long').attemptId);
      for (const step of ['ended', 'lately', 'gone', 'tidied']) await run(named(step));
      await rm(join(place('gone'), '0', 'status'));
      for (const step of ['long', 'ended', 'lately', 'gone']) await age(place(step));
      // It ran for more than a week, and has ended a moment ago.
      await utimes(join(place('lately'), '0', 'status'), new Date(), new Date());
      const tidied = { base: unit('').base, name: claimName(named('tidied').attemptId) };
      const lines = await ask(transport, realSystem, (nonce) => tidyProgram(tidied, nonce, 7));
      expect(lines.map((line) => line.word)).toEqual(['g']);
      const left = [place('long'), place('lately'), place('tidied')].map((path) => basename(path));
      expect((await readdir(attempts)).toSorted()).toEqual(left.toSorted());
      await stopAttempt(transport, realSystem, { id: named('long').attemptId, base: unit('').base }, 100);
      await running;
    });

    test('a missing directory or shell is told before or by the script, never as success', async () => {
      const ran = await run(unit('true', { directory: { words: "'/does not/exist'", required: true } }));
      expect(ran).toMatchObject({
        end: { status: 1 },
        stderr: 'the working directory /does not/exist does not exist\n',
      });
    });

    const waitForPid = async (root: string, index = 0, attemptId = unit('').attemptId): Promise<number> => {
      const file = join(root, 'attempts', claimName(attemptId), String(index), 'pid');
      for (;;) {
        const text = await readFile(file, 'utf8').catch(() => '');
        if (text.trim().endsWith('.')) return Number.parseInt(text, 10);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    };
  });
}
