import { aptProgram } from './install.ts';
import type { Absent, Present, RealName } from './index.ts';
import { realEnvironment } from './index.ts';
import { startFerretDb, startMongod, startMongoJava } from './mongo.ts';
import { startNats } from './nats.ts';
import { stopAll } from './processes.ts';

interface Provider<Name extends RealName> {
  /** Its absence is never a failure: nothing in reach can install it. */
  readonly optional: boolean;
  /** Only where asked for by `--with`: big, and for a measurement rather than a suite. */
  readonly onRequest: boolean;
  provide(): Promise<Omit<Present<Name>, 'present'>>;
}

const PROVIDERS: { readonly [Name in RealName]: Provider<Name> } = {
  nats: {
    optional: false,
    onRequest: false,
    async provide() {
      const path = await aptProgram('nats-server', 'nats-server');
      return { url: (await startNats(path)).url, path };
    },
  },
  'mongo-java': { optional: false, onRequest: false, provide: startMongoJava },
  ferretdb: { optional: false, onRequest: false, provide: startFerretDb },
  mongod: { optional: true, onRequest: false, provide: startMongod },
  sshd: {
    optional: false,
    onRequest: false,
    provide: async () => ({ path: await aptProgram('sshd', 'openssh-server') }),
  },
  chromium: {
    optional: false,
    onRequest: false,
    provide: async () => ({ path: await aptProgram('chromium', 'chromium') }),
  },
  busybox: {
    optional: false,
    onRequest: false,
    provide: async () => ({ path: await aptProgram('busybox', 'busybox') }),
  },
  haproxy: {
    optional: false,
    onRequest: false,
    provide: async () => ({ path: await aptProgram('haproxy', 'haproxy') }),
  },
  spin: {
    optional: false,
    onRequest: false,
    async provide() {
      // It makes a C program of a model; build-essential brings the headers along with the compiler.
      const compiler = await aptProgram('gcc', 'build-essential');
      return { path: await aptProgram('spin', 'spin'), compiler };
    },
  },
  ansible: {
    optional: false,
    onRequest: true,
    provide: async () => ({ path: await aptProgram('ansible-playbook', 'ansible') }),
  },
};

export const REAL_NAMES = Object.keys(PROVIDERS) as readonly RealName[];
export const isOptional = (name: RealName): boolean => PROVIDERS[name].optional;
export const isOnRequest = (name: RealName): boolean => PROVIDERS[name].onRequest;

export interface Provided {
  /** For the suites' processes. */
  readonly environment: Readonly<Record<string, string>>;
  readonly absent: ReadonlyMap<RealName, string>;
  stop(): Promise<void>;
}

/** Installs and starts what is named, several at once; what cannot be is absent with its reason, never an exception. */
export async function provideReal(names: readonly RealName[], tell: (line: string) => void): Promise<Provided> {
  const absent = new Map<RealName, string>();
  const provideOne = async <Name extends RealName>(name: Name): Promise<Record<string, string>> => {
    const started = Date.now();
    const server = await serverOrReason(PROVIDERS[name]);
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    if (!server.present) absent.set(name, server.why);
    tell(`${name}: ${server.present ? `ready in ${seconds} s` : `absent, ${server.why}`}`);
    return realEnvironment(name, server);
  };
  const environments = await Promise.all(names.map((name) => provideOne(name)));
  return { environment: Object.assign({}, ...environments) as Record<string, string>, absent, stop: stopAll };
}

async function serverOrReason<Name extends RealName>(provider: Provider<Name>): Promise<Present<Name> | Absent> {
  try {
    // Omit over a generic name loses that adding `present` back makes the whole.
    return { present: true, ...(await provider.provide()) } as unknown as Present<Name>;
  } catch (error) {
    return { present: false, why: error instanceof Error ? error.message : String(error) };
  }
}
