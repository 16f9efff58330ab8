/**
 * The one place where a suite learns which real servers it has. `test/run.ts --real` installs and starts them and hands
 * their addresses down by environment variables; nobody else reads or writes those.
 */

/** What a suite gets of each server: where it answers (`url`), or where its program is (`path`). */
interface RealServers {
  /** One shared server, and the program for suites that need their own configuration or must kill it. */
  readonly nats: { readonly url: string; readonly path: string };
  /** Atomic updates, so races count. Every start is an empty database; choose a database name of your own. */
  readonly 'mongo-java': { readonly url: string };
  /** Wire protocol and error codes only: its updates are not atomic. */
  readonly ferretdb: { readonly url: string };
  /** The real thing, where there is one: on PATH, or named by FAIRLEAD_TEST_MONGO_URL. */
  readonly mongod: { readonly url: string };
  /** Hosts are started on demand: see `startSshdHosts` in `sshd.ts`. */
  readonly sshd: { readonly path: string };
  readonly chromium: { readonly path: string };
  /** A target that has nothing but its applets. */
  readonly busybox: { readonly path: string };
  /** One process for each suite, with a configuration of its own: see `test/support/haproxy`. */
  readonly haproxy: { readonly path: string };
  /** The model checker, and the compiler for what it makes. */
  readonly spin: { readonly path: string; readonly compiler: string };
  readonly ansible: { readonly path: string };
}

export type RealName = keyof RealServers;
export type Present<Name extends RealName> = { readonly present: true } & RealServers[Name];
export interface Absent {
  readonly present: false;
  readonly why: string;
}

const variable = (name: RealName): string => `FAIRLEAD_REAL_${name.replaceAll('-', '_').toUpperCase()}`;

export function realServer<Name extends RealName>(name: Name): Present<Name> | Absent {
  const text = process.env[variable(name)];
  if (text === undefined) {
    return { present: false, why: `${name} was not started: run this suite by \`npm run test:real -- <file>\`` };
  }
  // Written by realEnvironment below and by nobody else, so its shape is known.
  return JSON.parse(text) as Present<Name> | Absent;
}

/** For a suite that cannot run without the server: never skips, always says what is missing. */
export function requireReal<Name extends RealName>(name: Name): Present<Name> {
  const server = realServer(name);
  if (!server.present) throw new Error(`This suite needs a real ${name}. ${server.why}`);
  return server;
}

export function realEnvironment<Name extends RealName>(
  name: Name,
  server: Present<Name> | Absent,
): Record<string, string> {
  return { [variable(name)]: JSON.stringify(server) };
}
