/** The real control plane as a process that can be killed, the demo's hosts, the built page, and a real Chromium before it. */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { vi } from 'vitest';
import { z } from 'zod';
import { executionView } from '@fairlead/control-plane/api/http/schemas.ts';
import { writeBuilds } from '@fairlead/control-plane/cli/demo/bookstore-builds.ts';
import { demoDefinition } from '@fairlead/control-plane/cli/demo/demo-definition.ts';
import { type DemoHost, startDemoHosts } from '@fairlead/control-plane/cli/demo/demo-hosts.ts';
import { freePort } from '../support/real/listening.ts';
import { requireReal } from '../support/real/index.ts';
import { ask, type ControlPlane, demand, startControlPlane } from './fairlead-process.ts';
import { buildProgram } from './program.ts';

const started = z.object({ executionId: z.string() });

export class PageLiveWorld {
  readonly hosts: readonly DemoHost[];
  readonly page: Page;
  /** What the page said on its console as an error; refused connections are none. */
  readonly complaints: string[] = [];
  readonly #program: string;
  readonly #directory: string;
  readonly #port: number;
  readonly #browser: Browser;
  #controlPlane: ControlPlane;

  private constructor(
    program: string,
    directory: string,
    port: number,
    hosts: readonly DemoHost[],
    controlPlane: ControlPlane,
    browser: Browser,
    page: Page,
  ) {
    this.#program = program;
    this.#directory = directory;
    this.#port = port;
    this.hosts = hosts;
    this.#controlPlane = controlPlane;
    this.#browser = browser;
    this.page = page;
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      const text = message.text();
      const refused = text.includes('net::ERR_') || text.includes('WebSocket connection');
      if (message.type() === 'error' && !refused) this.complaints.push(`${text} ${message.location().url}`);
    });
  }

  static async make(): Promise<PageLiveWorld> {
    const { path } = requireReal('chromium');
    const program = await programWithPage();
    const directory = mkdtempSync(join(tmpdir(), 'fairlead-page-live-'));
    const port = await freePort('127.0.0.1');
    const { hosts, keyFile } = await startDemoHosts(join(directory, 'hosts'));
    const builds = join(directory, 'builds');
    await writeBuilds(builds);
    const controlPlane = await start(program, directory, port);
    const files = [demoDefinition(hosts, keyFile, builds)];
    await demand(z.object({ revision: z.int() }), ask(controlPlane, 'POST', '/definitions/apply', { files }));
    const quiet = ['--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
    const args = ['--no-sandbox', '--disable-gpu', ...quiet];
    const browser = await chromium.launch({ executablePath: path, args });
    const page = await browser.newPage({ viewport: { width: 1360, height: 860 } });
    return new PageLiveWorld(program, directory, port, hosts, controlPlane, browser, page);
  }

  get door(): ControlPlane {
    return this.#controlPlane;
  }

  kill(): Promise<unknown> {
    return this.#controlPlane.stop('SIGKILL');
  }

  /** At the same address, over the same data. */
  async startAgain(): Promise<void> {
    this.#controlPlane = await start(this.#program, this.#directory, this.#port);
  }

  async loginLink(): Promise<string> {
    const token = await demand(z.object({ path: z.string() }), ask(this.door, 'POST', '/login-tokens', {}));
    return new URL(token.path, this.door.url).toString();
  }

  async deploy(web: string): Promise<string> {
    return (await demand(started, ask(this.door, 'POST', '/executions', { artifacts: { web } }))).executionId;
  }

  view(id: string): Promise<z.output<typeof executionView>> {
    return demand(executionView, ask(this.door, 'GET', `/executions/${id}`));
  }

  async logOf(attempt: string): Promise<string> {
    const url = new URL(`/api/v1/attempts/${encodeURIComponent(attempt)}/log`, this.door.url);
    return (await fetch(url, { headers: { authorization: `Bearer ${this.door.key}` } })).text();
  }

  /** Kept when FAIRLEAD_TEST_SCREENSHOTS names a directory: to look at them. */
  async picture(name: string): Promise<void> {
    const directory = process.env['FAIRLEAD_TEST_SCREENSHOTS'] ?? this.#directory;
    await this.page.screenshot({ path: join(directory, `live-${name}.png`) });
  }

  async remove(): Promise<void> {
    await this.#browser.close();
    await this.#controlPlane.stop('SIGKILL');
    for (const host of this.hosts) await host.down();
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5 });
    rmSync(dirname(dirname(this.#program)), { recursive: true, force: true, maxRetries: 5 });
  }
}

const start = (program: string, directory: string, port: number): Promise<ControlPlane> =>
  startControlPlane(program, join(directory, 'data'), { FAIRLEAD_HTTP_PORT: String(port) });

/** As in a release: the page lies beside the program. */
async function programWithPage(): Promise<string> {
  const program = await buildProgram();
  const built = dirname(dirname(program));
  const place = mkdtempSync(join(dirname(built), 'page-live-'));
  mkdirSync(join(place, 'dist'));
  cpSync(built, place, { recursive: true });
  // Under `test` React would be its slow development build.
  vi.stubEnv('NODE_ENV', 'production');
  await build({
    configFile: fileURLToPath(new URL('../../web/vite.config.ts', import.meta.url)),
    logLevel: 'warn',
    build: { outDir: join(place, 'dist', 'web') },
  });
  vi.unstubAllEnvs();
  return join(place, 'dist', 'fairlead.js');
}
