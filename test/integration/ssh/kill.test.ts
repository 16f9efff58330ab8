import { expect, test } from 'vitest';
import { PASSWORD, startTestHost } from '../../support/ssh-host/index.ts';
import { killedAtRandom } from './kill-cases.ts';

test('an agent that is killed again and again runs every unit exactly once', async () => {
  const host = await startTestHost('web-1');
  try {
    const there = { target: host.target, directory: host.directory, secrets: { 'env:PASSWORD': PASSWORD } };
    const kills = await Promise.all([1, 2, 3, 4].map((round) => killedAtRandom(there, round)));
    expect(kills.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(0);
  } finally {
    await host.remove();
  }
}, 240_000);
