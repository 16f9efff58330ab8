import { MongoClient } from 'mongodb';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realServer, requireReal } from './index.ts';
import { startNats } from './nats.ts';
import type { SshdHosts } from './sshd.ts';
import { startSshdHosts } from './sshd.ts';

const execute = promisify(execFile);

/** The machinery itself: what the other suites take for granted of the servers they are given. */
describe.each(['mongo-java', 'ferretdb', ...(realServer('mongod').present ? (['mongod'] as const) : [])] as const)(
  '%s',
  (name) => {
    it('accepts the current driver and refuses a second document of the same id with code 11000', async () => {
      const client = new MongoClient(requireReal(name).url, { serverSelectionTimeoutMS: 5_000, retryWrites: false });
      const database = client.db(`machinery-${name}`);
      try {
        await database.dropDatabase();
        await database.collection<{ _id: string }>('one').insertOne({ _id: 'a' });
        await expect(database.collection<{ _id: string }>('one').insertOne({ _id: 'a' })).rejects.toMatchObject({
          code: 11000,
        });
      } finally {
        await database.dropDatabase();
        await client.close();
      }
    });
  },
);

describe('nats', () => {
  it('starts a second one with its own configuration', async () => {
    const server = await startNats(requireReal('nats').path, 'max_payload: 2MB');
    try {
      expect(server.url).not.toBe(requireReal('nats').url);
      expect(server.process.output()).toContain('Server is ready');
    } finally {
      await server.stop();
    }
  });
});

describe('chromium', () => {
  it('says its version', async () => {
    const { stdout } = await execute(requireReal('chromium').path, ['--version']);
    expect(stdout).toMatch(/Chromium \d+/);
  });
});

describe('sshd', () => {
  let fleet: SshdHosts;
  beforeAll(async () => {
    fleet = await startSshdHosts(requireReal('sshd').path, 50, {
      acceptsKey: (index) => index !== 1,
      config: (index) => (index === 2 ? ['MaxSessions 1'] : []),
    });
  });
  afterAll(() => fleet.stop());

  const ssh = (index: number, command: string): Promise<{ stdout: string }> => {
    const host = fleet.hosts[index];
    if (host === undefined) throw new Error(`no host ${index}`);
    const options = ['-F', 'none', '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null'];
    const login = ['-i', fleet.clientKeyFile, '-o', 'BatchMode=yes', '-p', String(host.port)];
    return execute('ssh', [...options, ...login, `${host.user}@${host.address}`, command]);
  };

  it('gives every host an address, a key and a home of its own', async () => {
    expect(new Set(fleet.hosts.map((host) => host.address)).size).toBe(50);
    expect(new Set(fleet.hosts.map((host) => host.hostKeyFingerprint)).size).toBe(50);
    expect((await ssh(49, 'echo $HOME')).stdout.trim()).toBe(fleet.hosts[49]?.directory);
  });

  it('refuses the key where it was told to', async () => {
    await expect(ssh(1, 'true')).rejects.toMatchObject({ code: 255 });
  });

  it('finds a detached process of a host by its home, and ends it with the host', async () => {
    const { stdout } = await ssh(3, 'setsid sleep 600 >/dev/null 2>&1 </dev/null & echo $!');
    expect(fleet.hosts[3]?.processes()).toContain(Number(stdout.trim()));
    expect(fleet.hosts[4]?.processes()).not.toContain(Number(stdout.trim()));
  });
});
