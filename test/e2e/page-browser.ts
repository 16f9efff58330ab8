/** A built page, a browser and a server of its own for every test of a suite about the page. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, type CDPSession, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest';
import { requireReal } from '../support/real/index.ts';
import { PageServer } from './page-server.ts';

export interface AtPage {
  readonly page: Page;
  readonly server: PageServer;
  readonly origin: string;
  /** What the page said on its console as an error; a test that expects some takes it out. */
  readonly complaints: string[];
  picture(name: string): Promise<void>;
  /** Milliseconds of processor time that the page has used since it was first asked: the same whatever else the machine does. */
  usedMs(): Promise<number>;
}

/** Registers the hooks of the calling file, which names what it needs; the fields change with every test. */
export function atPage(needs: 'chromium'): AtPage {
  const place = mkdtempSync(join(tmpdir(), 'fairlead-page-'));
  // Kept when a directory is named: to look at them.
  const pictures = process.env['FAIRLEAD_TEST_SCREENSHOTS'] ?? place;
  const dist = join(place, 'dist');
  let browser: Browser | null = null;
  let context: BrowserContext | null = null;
  let meter: CDPSession | null = null;
  let now: Pick<AtPage, 'page' | 'server' | 'origin'> | null = null;
  const complaints: string[] = [];
  const current = (): Pick<AtPage, 'page' | 'server' | 'origin'> => {
    if (now === null) throw new Error('there is a page only inside a test');
    return now;
  };

  beforeAll(async () => {
    const { path } = requireReal(needs);
    // Under `test` React would be its slow development build.
    vi.stubEnv('NODE_ENV', 'production');
    await build({
      configFile: fileURLToPath(new URL('../../web/vite.config.ts', import.meta.url)),
      logLevel: 'warn',
      build: { outDir: dist },
    });
    browser = await chromium.launch({
      executablePath: path,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
  }, 120_000);

  afterAll(async () => {
    vi.unstubAllEnvs();
    await browser?.close();
    rmSync(place, { recursive: true, force: true });
  });

  beforeEach(async () => {
    if (browser === null) throw new Error('no browser');
    const server = new PageServer(dist);
    const origin = await server.start();
    context = await browser.newContext({ viewport: { width: 1360, height: 860 } });
    const page = await context.newPage();
    now = { page, server, origin };
    meter = null;
    complaints.length = 0;
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      const text = message.text();
      // A refused connection is said by the browser itself and is what some tests are about.
      const refused = text.includes('net::ERR_') || text.includes('WebSocket connection');
      if (message.type() === 'error' && !refused) complaints.push(text);
    });
  });

  afterEach(async () => {
    await context?.close();
    await now?.server.stop();
    now = null;
    if (complaints.length > 0) throw new Error(`the page complained: ${complaints.join('; ')}`);
  });

  return {
    complaints,
    get page() {
      return current().page;
    },
    get server() {
      return current().server;
    },
    get origin() {
      return current().origin;
    },
    async picture(name) {
      await current().page.screenshot({ path: join(pictures, `${name}.png`) });
    },
    async usedMs() {
      if (meter === null) {
        // Kept open: a new session begins at zero.
        meter = await current().page.context().newCDPSession(current().page);
        await meter.send('Performance.enable', { timeDomain: 'threadTicks' });
      }
      const { metrics } = await meter.send('Performance.getMetrics');
      return (metrics.find((metric) => metric.name === 'TaskDuration')?.value ?? Number.NaN) * 1_000;
    },
  };
}
