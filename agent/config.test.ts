import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { FailureError } from '@fairlead/proto/model/failure.ts';
import { loadConfig } from './config.ts';
import { helpText, OPTIONS } from './options.ts';

function problems(args: readonly string[], env: Record<string, string> = {}): readonly string[] {
  try {
    loadConfig(args, env);
  } catch (error) {
    if (error instanceof FailureError) return error.failures.map(({ message }) => message);
    throw error;
  }
  return [];
}

test('flags beat variables, variables beat defaults', () => {
  const config = loadConfig(
    ['--server', '127.0.0.1:7002', '--capacity=7', '--selectors', 'dc1', '--selectors=gpu,dc1'],
    {
      FAIRLEAD_CAPACITY: '9',
      FAIRLEAD_AGENT_NAME: 'edge-1',
      FAIRLEAD_SERVER: 'elsewhere:1',
      FAIRLEAD_DRAIN_TIMEOUT: '1m 30s',
    },
  );
  expect(config).toMatchObject({
    server: '127.0.0.1:7002',
    capacity: 7,
    name: 'edge-1',
    selectors: ['dc1', 'gpu'],
    drainTimeoutMs: 90_000,
    logSpoolBytes: 268_435_456,
    logAttemptBytes: 16_777_216,
    token: null,
  });
  expect(Object.isFrozen(config)).toBe(true);
});

test('every problem at once, each naming its flag and its variable', () => {
  const found = problems(['--capacity', 'many', '--nmae', 'x', 'stray', '--name', 'Has Blanks', '--data'], {
    FAIRLEAD_SERVER: 'http://host',
    FAIRLEAD_DRAIN_TIMEOUT: 'soon',
    FAIRLEAD_JOIN_TOKEN: 'a',
    FAIRLEAD_JOIN_TOKEN_FILE: '/b',
  });
  for (const expected of [
    'there is no flag --nmae',
    "'stray' belongs to no flag",
    '--data needs a value',
    '--server (FAIRLEAD_SERVER) must be host:port',
    '--name (FAIRLEAD_AGENT_NAME) must have 1 to 63',
    '--capacity (FAIRLEAD_CAPACITY) is no number',
    "--drain-timeout (FAIRLEAD_DRAIN_TIMEOUT) 'soon' is no duration",
    '--token (FAIRLEAD_JOIN_TOKEN) and --token-file are both given',
  ]) {
    expect(found.filter((message) => message.includes(expected))).toHaveLength(1);
  }
  expect(problems([])).toEqual([
    '--server (FAIRLEAD_SERVER) is missing: where the control plane listens for agents, as host:port',
  ]);
});

test('a join token comes from a file too, and prints redacted wherever it ends up', () => {
  const directory = mkdtempSync(join(tmpdir(), 'fairlead-config-'));
  const path = join(directory, 'token');
  writeFileSync(path, 'very-secret\n');
  // The flag was written now; the variable may be left from another time.
  const config = loadConfig(['--server', 'h:1', '--token-file', path], { FAIRLEAD_JOIN_TOKEN: 'other' });
  expect(config.token?.reveal()).toBe('very-secret');
  expect(`${JSON.stringify(config)}${String(config.token)}${inspect(config)}`).not.toContain('very-secret');
  expect(problems(['--server', 'h:1', '--token-file', join(directory, 'none')])[0]).toContain('cannot be read');
  rmSync(directory, { recursive: true });
});

test('the help names every setting', () => {
  for (const { name, env } of OPTIONS) {
    expect(helpText('fairlead-agent')).toContain(`--${name}`);
    expect(helpText('fairlead-agent')).toContain(env);
  }
});
