import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { aptProgram, builtOnce, NotInstallable, programPath, runToEnd } from './install.ts';
import { freePort, untilListening } from './listening.ts';
import type { RunningProcess } from './processes.ts';
import { startProcess, temporaryDirectory } from './processes.ts';

/** Empty at its start and gone with its end, unless FAIRLEAD_TEST_MONGO_URL named it. */
export interface MongoServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Part of the cache's key: raise it whenever what is built from the sources beside this file changes. */
const MONGO_JAVA = 'mongo-java-1.47.0-a';
const FERRETDB = 'ferretdb-1.24.0-b';

export async function startMongoJava(): Promise<MongoServer> {
  const java = programPath('java') ?? (await aptProgram('java', 'default-jdk-headless'));
  const home = await builtOnce(MONGO_JAVA, new URL('mongo-java', import.meta.url), async (directory) => {
    const maven = await aptProgram('mvn', 'maven');
    const javac = await aptProgram('javac', 'default-jdk-headless');
    await runToEnd(maven, ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=lib'], directory);
    await runToEnd(javac, ['-cp', 'lib/*', '-d', 'classes', 'MongoJava.java'], directory);
  });
  const classes = `${join(home, 'classes')}:${join(home, 'lib', '*')}`;
  const server = startProcess(java, ['-Xmx512m', '-XX:+UseSerialGC', '-cp', classes, 'MongoJava']);
  const [, url] = await server.waitFor(/^ready (mongodb:\S+)/m);
  return { url: String(url), stop: () => server.stop() };
}

export async function startFerretDb(): Promise<MongoServer> {
  const home = await builtOnce(FERRETDB, new URL('ferretdb', import.meta.url), async (directory) => {
    const go = programPath('go') ?? (await aptProgram('go', 'golang-go'));
    await runToEnd(go, ['build', '-trimpath', '-o', 'ferretdb', '.'], directory);
  });
  return startOnDirectory(
    'ferretdb',
    (directory, port) => startProcess(join(home, 'ferretdb'), [`127.0.0.1:${port}`, directory]),
    (port) => Promise.resolve(`mongodb://127.0.0.1:${port}/`),
  );
}

/** A replica set of one, so that majority writes mean what they say. */
export async function startMongod(): Promise<MongoServer> {
  const given = process.env['FAIRLEAD_TEST_MONGO_URL'];
  if (given !== undefined) {
    return { url: given, stop: () => Promise.resolve() };
  }
  const mongod = programPath('mongod');
  if (mongod === null) {
    throw new NotInstallable('No mongod on PATH, and FAIRLEAD_TEST_MONGO_URL names none (both are optional).');
  }
  const args = ['--bind_ip', '127.0.0.1', '--replSet', 'fairlead'];
  return startOnDirectory(
    'mongod',
    (directory, port) => startProcess(mongod, [...args, '--port', String(port), '--dbpath', directory]),
    async (port) => {
      const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`);
      const members = [{ _id: 0, host: `127.0.0.1:${port}` }];
      await client.db('admin').command({ replSetInitiate: { _id: 'fairlead', members } });
      await client.close();
      return `mongodb://127.0.0.1:${port}/?replicaSet=fairlead`;
    },
  );
}

async function startOnDirectory(
  name: string,
  start: (directory: string, port: number) => RunningProcess,
  ready: (port: number) => Promise<string>,
): Promise<MongoServer> {
  const directory = temporaryDirectory(name);
  const port = await freePort('127.0.0.1');
  const server = start(directory, port);
  const stop = async (): Promise<void> => {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await untilListening('127.0.0.1', port, server);
    return { url: await ready(port), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
