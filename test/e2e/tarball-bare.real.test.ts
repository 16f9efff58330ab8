/** The packed program in a root file system of its own that has the core utilities and nothing to look at processes or ports with. */
import { execFile } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

const run = promisify(execFile);
const place = mkdtempSync(join(tmpdir(), 'fairlead-bare-'));
const root = join(place, 'root');
const app = join(place, 'app');
const ABSENT = ['nc', 'pgrep', 'ps', 'bash', 'perl', 'python3', 'setsid', 'busybox', 'ss', 'lsof', 'curl'];

beforeAll(async () => {
  const sources = fileURLToPath(new URL('../..', import.meta.url));
  await run('npm', ['pack', '--pack-destination', place], { cwd: sources });
  mkdirSync(app);
  const tarball = readdirSync(place).find((name) => name.endsWith('.tgz')) ?? 'no tarball';
  await run('npm', ['install', '--prefix', app, join(place, tarball)], { cwd: app });
  for (const folder of ['bin', 'usr', 'proc', 'dev', 'tmp', 'etc', 'app', 'root', 'usr/lib', 'usr/lib64']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  for (const folder of ['lib', 'lib64']) symlinkSync(`usr/${folder}`, join(root, folder));
  symlinkSync('../bin', join(root, 'usr/bin'));
  const packages = ['coreutils', 'grep', 'tar', 'gzip', 'sed', 'findutils', 'dash'];
  const { stdout } = await run('dpkg', ['-L', ...packages]);
  const tools = stdout.split('\n').filter((file) => /^(\/usr)?\/bin\/[^/]+$/.test(file) && existsSync(file));
  for (const tool of ['/bin/sh', ...tools]) copyFileSync(tool, join(root, 'bin', basename(tool)));
  copyFileSync(process.execPath, join(root, 'bin/node'));
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\n');
}, 180_000);

// The mounts were of a namespace that is gone: what is left is what was copied.
afterAll(() => rmSync(place, { recursive: true, force: true, maxRetries: 5 }));

it('runs the demo where there is no nc, no pgrep and no ps', async () => {
  const inside = [
    `for tool in ${ABSENT.join(' ')}; do command -v "$tool" && exit 9; done`,
    'cd /root && exec node /app/node_modules/fairlead/dist/fairlead.js demo --once',
  ].join('\n');
  const outside = [
    ...['/usr/lib', '/usr/lib64', '/proc', '/dev'].map((folder) => `mount --rbind ${folder} '${root}${folder}'`),
    `mount --bind '${app}' '${root}/app'`,
    `exec env -i HOME=/root PATH=/usr/bin:/bin TERM=dumb "$(command -v chroot)" '${root}' /bin/sh -c '${inside}'`,
  ].join(' && ');
  const began = performance.now();
  const { stdout } = await run('unshare', ['-m', '--propagation', 'private', 'sh', '-c', outside], {
    env: { PATH: '/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin' },
    cwd: '/',
    timeout: 100_000,
    killSignal: 'SIGINT',
    maxBuffer: 1 << 24,
  });
  expect(stdout.split('\n').filter((line) => line.includes('as told'))).toHaveLength(3);
  expect(performance.now() - began).toBeLessThan(60_000);
}, 120_000);
