import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { LinkWorld } from './link-world.ts';

const soon = { timeout: 15_000, interval: 20 };
const children: ChildProcess[] = [];
let world: LinkWorld;

async function startServer(port = 0): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const script = fileURLToPath(new URL('./server-process.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [printed] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, port: Number(printed.toString()) };
}

afterEach(async () => {
  await world.end();
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

test('a server that is stopped in its tracks is noticed within the lease; continued or replaced, the agent is back', async () => {
  world = new LinkWorld();
  const first = await startServer();
  const { agent } = await world.startAgent(`127.0.0.1:${first.port}`);
  await expect.poll(() => agent.sessionId, soon).toBe('s1');

  first.child.kill('SIGSTOP');
  const stopped = performance.now();
  await expect.poll(() => agent.sessionId, soon).toBeNull();
  expect(performance.now() - stopped).toBeLessThan(4_000);
  first.child.kill('SIGCONT');
  await expect.poll(() => agent.sessionId, soon).toBeTruthy();

  first.child.kill('SIGSTOP');
  await expect.poll(() => agent.sessionId, soon).toBeNull();
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  await startServer(first.port);
  await expect.poll(() => agent.sessionId, soon).toBe('s1');
}, 60_000);
