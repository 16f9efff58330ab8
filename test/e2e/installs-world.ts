/**
 * A control plane over hosts on which an installation writes down, in a file of the host's own, which build it put there:
 * what was deployed and taken back is read from there. Definitions are the test's own.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { executionView, holdSchema } from '@fairlead/control-plane/api/http/schemas.ts';
import { PASSWORD, startTestHost, type TestHost } from '../support/ssh-host/index.ts';
import { ask, demand, startControlPlane, until, type Answer, type ControlPlane } from './fairlead-process.ts';
import { buildProgram } from './program.ts';

type View = z.output<typeof executionView>;
const started = z.object({ executionId: z.string(), holds: z.array(holdSchema) });

/** For a host: waits for a file of that name; not for ever, so that a test that failed leaves nothing running. */
export const untilThere = (name: string): string =>
  `n=0; while [ ! -e "$HOME/${name}" ]; do n=$((n + 1)); [ $n -lt 600 ] || exit 9; sleep 0.05; done`;

export class InstallsWorld {
  readonly directory: string;
  readonly hosts: readonly TestHost[];
  readonly #server: ControlPlane;
  readonly #program: string;

  private constructor(directory: string, hosts: readonly TestHost[], server: ControlPlane, program: string) {
    this.directory = directory;
    this.hosts = hosts;
    this.#server = server;
    this.#program = program;
  }

  static async make(
    names: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<InstallsWorld> {
    const directory = mkdtempSync(join(tmpdir(), 'fairlead-installs-'));
    mkdirSync(join(directory, 'builds'));
    const hosts: TestHost[] = [];
    for (const name of names) hosts.push(await startTestHost(name));
    const program = await buildProgram();
    const server = await startControlPlane(program, join(directory, 'data'), { PASSWORD, ...environment });
    return new InstallsWorld(directory, hosts, server, program);
  }

  /** `web-<build>.tgz`: any file will do. */
  publish(build: number): void {
    writeFileSync(join(this.directory, 'builds', `web-${build}.tgz`), `build ${build}\n`);
  }

  /** The parts of a definition that are always the same. */
  definition(more: object, install = 'installed'): object {
    return {
      fairlead: 'v1',
      application: 'shop',
      services: { web: this.service(install) },
      environments: { prod: { type: 'production', infrastructure: { dc1: this.infrastructure(this.hosts) } } },
      ...more,
    };
  }

  service(word: string): object {
    // A file `fail-<build>` on the host makes the installation of that build fail, after it changed something.
    const script = `printf '%s %s\\n' '${word}' "$ARTIFACT_FILE_NAME" >>"$HOME/log"; [ ! -e "$HOME/fail-$ARTIFACT_FILE_NAME" ]`;
    return {
      type: 'ssh/other',
      artifact: { directory: join(this.directory, 'builds'), match: 'web-(?<build>\\d+)\\.tgz' },
      commands: { Install: ['setup-env', { scp: '$WINGS_RUNTIME_PATH' }, { exec: { script } }] },
    };
  }

  infrastructure(hosts: readonly TestHost[]): object {
    return {
      hosts: hosts.map(({ target: { name, address, port, hostKey } }) => ({ name, address, port, hostKey })),
      login: { user: 'deploy', password: 'secret:env:PASSWORD' },
    };
  }

  async apply(definition: object): Promise<void> {
    const files = [{ name: 'shop.json', text: JSON.stringify(definition) }];
    const answer = await this.ask('POST', '/definitions/apply', { files });
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body, null, 1));
  }

  ask(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown, key?: string): Promise<Answer> {
    return ask({ url: this.#server.url, key: key ?? this.#server.key }, method, path, body);
  }

  demand<S extends z.ZodType>(schema: S, method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown) {
    return demand(schema, this.ask(method, path, body));
  }

  /** A command of `fairlead`, as a person types it. */
  type(...words: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
    const env = { PATH: process.env['PATH'] ?? '', FAIRLEAD_DATA: join(this.directory, 'data') };
    return new Promise((resolve) => {
      execFile(process.execPath, [this.#program, ...words], { env, timeout: 60_000 }, (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), text: `${out}${err}` });
      });
    });
  }

  start(build: number, name = 'ship', variables: Readonly<Record<string, string>> = {}) {
    return this.demand(started, 'POST', '/executions', { name, artifacts: { web: String(build) }, variables });
  }

  view(id: string): Promise<View> {
    return this.demand(executionView, 'GET', `/executions/${id}`);
  }

  /** Waits until it looks like that. */
  async until(id: string, what: string, holds: (view: View) => boolean, withinMs = 30_000): Promise<View> {
    let last: View | null = null;
    await until(
      `${id}: ${what}`,
      async () => holds((last = await this.view(id))),
      withinMs,
      () => JSON.stringify(last?.header, null, 1),
    );
    return last ?? this.view(id);
  }

  /** Waits until the attempt's log has that text: it travels beside the reports, and may arrive after the last of them. */
  async logged(attemptId: string, text: string): Promise<void> {
    let log = '';
    await until(
      `the log of ${attemptId} has '${text}'`,
      async () => (log = await this.#text(`/attempts/${encodeURIComponent(attemptId)}/log`)).includes(text),
      30_000,
      () => log,
    );
  }

  async #text(path: string): Promise<string> {
    const headers = { authorization: `Bearer ${this.#server.key}`, connection: 'close' };
    const response = await fetch(new URL(`/api/v1${path}`, this.#server.url), { headers });
    return response.text();
  }

  settled(id: string, withinMs?: number): Promise<View> {
    return this.until(id, 'is settled', ({ header }) => header.settled, withinMs);
  }

  async deploy(build: number, name = 'ship', variables: Readonly<Record<string, string>> = {}): Promise<View> {
    this.publish(build);
    return this.settled((await this.start(build, name, variables)).executionId);
  }

  /** What ran on the host, oldest first. */
  log(host: number): readonly string[] {
    const file = join(this.#host(host).directory, 'log');
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  }

  /** Makes the installation of a build fail there. */
  fail(host: number, build: number): void {
    writeFileSync(join(this.#host(host).directory, `fail-web-${build}.tgz`), '');
  }

  /** And work again. */
  heal(host: number, build: number): void {
    rmSync(join(this.#host(host).directory, `fail-web-${build}.tgz`));
  }

  #host(index: number): TestHost {
    const host = this.hosts[index];
    if (host === undefined) throw new Error(`no host ${index}`);
    return host;
  }

  async remove(): Promise<void> {
    await this.#server.stop('SIGTERM');
    for (const host of this.hosts) await host.remove();
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}
