/** The page in a real Chromium, against a server that plays an execution act by act. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { requireReal } from '../support/real/index.ts';
import { PageServer } from './page-server.ts';
import { header, listRows, RollingStory, wideExecution, wideHost } from './page-scenarios.ts';
import { PlayedExecution } from './page-execution.ts';

const place = mkdtempSync(join(tmpdir(), 'fairlead-page-'));
/** Kept when a directory is named: to look at them. */
const pictures = process.env['FAIRLEAD_TEST_SCREENSHOTS'] ?? place;
const dist = join(place, 'dist');
/** A person takes this for a page that hangs; 60 to 90 ms were measured on two busy cores. */
const TOO_LONG_MS = 400;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let server: PageServer;
let origin: string;
const complaints: string[] = [];

beforeAll(async () => {
  // Under `test` React would be its slow development build.
  vi.stubEnv('NODE_ENV', 'production');
  const { path } = requireReal('chromium');
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
  server = new PageServer(dist);
  origin = await server.start();
  context = await browser.newContext({ viewport: { width: 1360, height: 860 } });
  page = await context.newPage();
  complaints.length = 0;
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    // A refused connection is said by the browser itself and is what some tests are about.
    if (
      message.type() === 'error' &&
      !message.text().includes('net::ERR_') &&
      !message.text().includes('WebSocket connection')
    ) {
      complaints.push(message.text());
    }
  });
});

afterEach(async () => {
  await context.close();
  await server.stop();
  expect(complaints).toEqual([]);
});

const picture = (name: string): Promise<Buffer> => page.screenshot({ path: join(pictures, `${name}.png`) });
const statusOf = (node: string): Promise<string | null> =>
  page.locator(`[data-node="${node}"]`).getAttribute('data-status');
const logText = async (): Promise<string> => (await page.locator('.log-text').allTextContents()).join('\n');

describe('an execution', () => {
  it('shows a rolling deployment live: tree, hosts, failure, rollback', async () => {
    const story = new RollingStory('e-rolling', Date.now() - 60_000);
    server.executions.set('e-rolling', story.execution);
    story.firstBatchInstalls();
    await page.goto(`${origin}/executions/e-rolling`);
    await page.locator('[data-connection="live"]').waitFor();
    await page.locator('.head-status[data-status="RUNNING"]').waitFor();
    expect(await statusOf(story.step(0, 'deploy', 'stop'))).toBe('SUCCESS');
    expect(await statusOf(story.step(0, 'deploy', 'install'))).toBe('RUNNING');
    expect(await page.locator('.cell[data-host="web-1"][data-status="RUNNING"]').count()).toBe(1);
    expect(await page.title()).toBe('Running · ship-web · Fairlead');
    expect(await page.locator('link[rel="icon"]').getAttribute('href')).toBe('/favicon/running.svg');
    // Nobody chose: the running host's log is there by itself, colors of the terminal taken out.
    await expect.poll(logText).toContain('sha256 ok');
    expect(await logText()).not.toContain('\u001B');
    await picture('rolling-1-running');

    story.firstBatchEnds();
    server.flush();
    await page.locator(`[data-node="e-rolling/r1/p1.1"][data-status="SUCCESS"]`).waitFor();
    expect(await page.locator('[role="progressbar"]').getAttribute('aria-valuenow')).toBe('7');

    story.secondBatchFails();
    server.flush();
    await page.locator('.head-status[data-status="ROLLING_BACK"]').waitFor();
    await page.locator('.cell[data-host="web-3"][data-status="FAILED"]').waitFor();
    const notices = await page.locator('.notices').innerText();
    expect(notices).toContain('http://web-3:8080/health answered 500');
    expect(notices).toContain('Verify Service › Check health on web-3');
    expect(notices).toContain('ASSERTION_FAILED');
    expect(await page.locator('.rollback-mark').innerText()).toContain('Rollback path');
    expect(await page.locator('.row.undo').count()).toBeGreaterThan(3);
    await expect.poll(logText).toContain('no such table: books');
    await picture('rolling-2-failed');

    story.rollbackEnds();
    server.flush();
    await page.locator('.head-status[data-status="FAILED"]').waitFor();
    expect(await page.locator('.notices').innerText()).toContain('every changed target is as it was before');
    expect(await page.locator('link[rel="icon"]').getAttribute('href')).toBe('/favicon/failed.svg');
    await picture('rolling-3-rolled-back');
    await page.emulateMedia({ colorScheme: 'dark' });
    await picture('rolling-4-dark');
  });

  it('resumes after a lost connection exactly where it was', async () => {
    const story = new RollingStory('e-lost', Date.now() - 60_000);
    server.executions.set('e-lost', story.execution);
    story.firstBatchInstalls();
    const attempt = story.attempt(0, 'deploy', 'install', 'web-1');
    await page.goto(`${origin}/executions/e-lost?node=${encodeURIComponent(attempt)}`);
    await expect.poll(logText).toContain('unpacked 214 files');
    const before = await logText();
    const seq = story.execution.seq;

    server.refusing = true;
    server.dropSockets();
    await page.locator('[data-connection="reconnecting"]').waitFor();
    await picture('reconnecting');
    story.firstBatchEnds();
    story.execution.write(attempt, 'grüße ✓\n');
    story.execution.write(attempt, 'after a gap\n', 4_096);
    server.subscribed.length = 0;
    server.refusing = false;
    await page.locator('[data-connection="live"]').waitFor();
    await page.locator(`[data-node="e-lost/r1/p1.1"][data-status="SUCCESS"]`).waitFor();
    expect(server.subscribed.find((each) => each.feed === 'execution')).toMatchObject({ after: seq });
    const log = server.subscribed.find((each) => each.feed === 'log');
    expect(log).toMatchObject({ attemptId: attempt });
    expect(log?.feed === 'log' && log.from).toBe(
      Buffer.byteLength('$ install on web-1\nfetching web-43.tgz\n\u001B[32msha256 ok\u001B[0m\nunpacked 214 files\n'),
    );
    // The story writes the install lines once more; the tail is continued, nothing is missing and nothing twice.
    await expect
      .poll(logText)
      .toBe(`${before}\n$ install on web-1\nfetching web-43.tgz\nsha256 ok\nunpacked 214 files\ngrüße ✓\nafter a gap`);
    expect(await page.locator('.log-gap').innerText()).toContain('4.0 KB dropped at the agent');
  });

  it('follows the log until somebody scrolls up, and finds text in it', async () => {
    const story = new RollingStory('e-log', Date.now() - 60_000);
    server.executions.set('e-log', story.execution);
    story.firstBatchInstalls();
    const attempt = story.attempt(0, 'deploy', 'install', 'web-2');
    for (let line = 0; line < 5_000; line += 1) story.execution.write(attempt, `line ${line} of the work\n`);
    await page.goto(`${origin}/executions/e-log`);
    await page.locator('.cell[data-host="web-2"]').last().click();
    await expect.poll(logText).toContain('line 4999 of the work');
    expect(new URL(page.url()).searchParams.get('node')).toBe(attempt.replace('#1', ''));
    // What is drawn is a window on it.
    expect(await page.locator('.log-line').count()).toBeLessThan(200);

    await page.locator('.log-scroll').hover();
    await page.mouse.wheel(0, -600);
    await page.locator('.log[data-follow="false"]').waitFor();
    story.execution.write(attempt, 'a late line\n');
    server.flush();
    await page.locator('.log-jump', { hasText: '1 new line' }).waitFor();
    expect(await logText()).not.toContain('a late line');
    await page.locator('.log-jump').click();
    await expect.poll(logText).toContain('a late line');

    await page.locator('.log-search input').fill('line 1234 of');
    await page.locator('.log-line.current mark').waitFor();
    expect(await page.locator('.log-line.current').innerText()).toContain('line 1234 of the work');
    await picture('log-search');
  });

  it('aborts and rolls back only after asking, with the reason', async () => {
    server.executions.set('e-act', new PlayedExecution(header('e-act', Date.now())));
    await page.goto(`${origin}/executions/e-act`);
    await page.getByRole('button', { name: 'Abort…' }).click();
    await page.getByRole('dialog').getByRole('textbox').fill('wrong build');
    await picture('abort-dialog');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(server.posted).toEqual([]);
    await page.getByRole('button', { name: 'Abort…' }).click();
    await page.getByRole('dialog').getByRole('textbox').fill('wrong build');
    await page.getByRole('dialog').getByRole('button', { name: 'Abort' }).click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Roll back…' }).click();
    expect(await page.getByRole('dialog').innerText()).toContain('web 43 → 42');
    await page.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(server.posted).toEqual([
      { path: '/executions/e-act/abort', body: { reason: 'wrong build' } },
      { path: '/executions/e-act/rollback', body: { reason: 'Rolled back on the page' } },
    ]);
  });

  it('is walked by keyboard alone', async () => {
    const story = new RollingStory('e-keys', Date.now() - 60_000);
    server.executions.set('e-keys', story.execution);
    story.firstBatchInstalls();
    await page.goto(`${origin}/executions/e-keys`);
    const tree = page.getByRole('tree');
    await tree.focus();
    const focused = async (): Promise<string | null> => page.locator('.row.focused .row-name').textContent();
    await page.keyboard.press('Home');
    expect(await focused()).toBe('Phase 1, batch 1 of 2');
    for (let press = 0; press < 4; press += 1) await page.keyboard.press('ArrowDown');
    expect(await focused()).toBe('Stop');
    await page.keyboard.press('Enter');
    await page.locator(`[data-inspected="${story.step(0, 'deploy', 'stop')}"]`).waitFor();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowLeft');
    await page.locator('[data-node="e-keys/r1/p1.1"][aria-expanded="false"]').waitFor();
    await page.keyboard.press('ArrowRight');
    await page.locator('[data-node="e-keys/r1/p1.1"][aria-expanded="true"]').waitFor();
  });

  it('says what waits, what nobody has confirmed, and what broke', async () => {
    const play = new PlayedExecution(
      header('e-odd', Date.now() - 5_000, {
        status: 'ABORTED',
        endedAt: Date.now(),
        parked: 'evolve threw: no node p9',
        unconfirmed: [
          { target: 'web-2', attemptId: 'e-odd/r1/p1/s/t@web-2#1', why: 'the agent did not answer the cancel in time' },
        ],
      }),
    );
    server.executions.set('e-odd', play);
    await page.goto(`${origin}/executions/e-odd`);
    const notices = page.locator('.notices');
    await notices.getByText('Not confirmed at 1 target').waitFor();
    expect(await notices.innerText()).toContain('the agent did not answer the cancel in time');
    expect(await notices.innerText()).toContain('evolve threw: no node p9');
    await picture('odd');
  });
});

describe('many', () => {
  it('keeps up with 1,000 hosts that all change', async () => {
    const hosts = 1_000;
    const at = Date.now() - 5_000;
    const play = wideExecution('e-wide', at, hosts, 5);
    server.executions.set('e-wide', play);
    await page.goto(`${origin}/executions/e-wide`);
    await page.locator('.cell.compact').first().waitFor();
    // Only what is in sight is drawn.
    expect(await page.locator('.cell').count()).toBeLessThan(3_000);
    // With so many hosts nobody wants the log of one: the list of them is there by itself.
    await page.locator('.hosts-row').first().waitFor();
    await longestTaskMs();

    const step = 'e-wide/r1/p1/deploy/t4';
    const perFrame = 25;
    for (let from = 0; from < hosts; from += perFrame) {
      for (let host = from; host < from + perFrame; host += 1) {
        const status = host % 97 === 5 ? 'FAILED' : 'SUCCESS';
        play.change(`${step}@${wideHost(host)}`, { status, endedAt: at + 4_000 });
      }
      play.commit();
      server.flush();
      await page.evaluate(() => new Promise(requestAnimationFrame));
    }
    await page.locator(`[data-node="${step}"] .hostbar-text`, { hasText: '1000/1000' }).waitFor();
    const longest = await longestTaskMs();
    expect(longest).toBeLessThan(TOO_LONG_MS);
    await picture('wide-grid');

    // What failed stands first.
    expect(await page.locator('.hosts-row').first().getAttribute('data-host')).toBe(wideHost(5));
    await page.getByLabel('Find a host').fill('node-0777');
    await expect.poll(() => page.locator('.hosts-row').count()).toBe(1);
    await page.getByLabel('Find a host').fill('');
    await picture('wide-hosts');
  });

  it('pages through 5,000 executions and stays live', async () => {
    server.rows = listRows(5_000, Date.now() - 30_000);
    await page.goto(origin);
    await page.locator('.entry').first().waitFor();
    await page.locator('[data-connection="live"]').waitFor();
    await picture('list');
    const table = page.locator('.table-scroll');
    for (let loaded = 0; loaded < 5_000;) {
      await table.evaluate((element) => element.scrollTo(0, element.scrollHeight));
      const before = loaded;
      await expect
        .poll(
          async () =>
            (loaded = Math.round((await page.locator('.table-body').evaluate((body) => body.clientHeight)) / 46)),
          { interval: 20 },
        )
        .toBeGreaterThan(before);
    }
    expect(await page.locator('.entry').count()).toBeLessThan(80);
    await longestTaskMs();
    await table.evaluate((element) => element.scrollTo(0, 0));

    const [first, ...rest] = server.rows;
    if (first === undefined) throw new Error('no rows');
    const ended = { ...first, seq: 30, status: 'SUCCESS' as const, endedAt: Date.now() };
    server.rows = [ended, ...rest];
    server.flush();
    await page.locator(`[data-execution="${first.executionId}"][data-status="SUCCESS"]`).waitFor();
    // An older row that comes late changes nothing; a newer one behind it shows that it was read.
    const second = rest[0];
    if (second === undefined) throw new Error('no second row');
    server.rows = [first, { ...second, seq: 31, status: 'RUNNING' }, ...rest.slice(1)];
    server.flush();
    await page.locator(`[data-execution="${second.executionId}"][data-status="RUNNING"]`).waitFor();
    expect(await page.locator(`[data-execution="${first.executionId}"]`).getAttribute('data-status')).toBe('SUCCESS');
    expect(await longestTaskMs()).toBeLessThan(TOO_LONG_MS);
  });

  it('filters by status, application and text', async () => {
    server.rows = listRows(300, Date.now() - 30_000);
    await page.goto(origin);
    await page.getByRole('button', { name: 'Not successful' }).click();
    await expect.poll(() => page.locator('.entry[data-status="SUCCESS"]').count()).toBe(0);
    await page.locator('.entry[data-status="FAILED"]').first().waitFor();
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await page.getByLabel('Application').selectOption('payments');
    await expect
      .poll(async () =>
        (await page.locator('.entry-name').allTextContents()).every((text) => text.includes('payments')),
      )
      .toBe(true);
    await page.getByLabel('Application').selectOption('');
    await page.keyboard.press('Escape');
    await page.locator('h1').click();
    await page.keyboard.press('/');
    await page.keyboard.type('web 298');
    await expect.poll(() => page.locator('.entry').count()).toBe(1);
    expect(new URL(page.url()).searchParams.get('find')).toBe('web 298');
    await page.locator('.entry-link').click();
    await page.getByText('There is no such execution.').waitFor();
    await page.goBack();
    await expect.poll(() => page.locator('.entry').count()).toBe(1);
    expect(complaints.splice(0).every((each) => each.includes('404'))).toBe(true);
  });
});

describe('with nothing to show', () => {
  it('says what to do first', async () => {
    await page.goto(origin);
    await page.getByText('Nothing has been deployed yet').waitFor();
    expect(await page.locator('main').innerText()).toContain('fairlead deploy');
    await picture('empty');
    server.rows = listRows(1, Date.now());
    server.flush();
    await page.locator('.entry').waitFor();
  });

  it('says how to log in', async () => {
    server.loggedOut = true;
    await page.goto(origin);
    await page.getByText('You are not logged in').waitFor();
    expect(complaints.splice(0).every((each) => each.includes('401'))).toBe(true);
  });

  it('shows what runs where', async () => {
    const at = Date.now() - 3_600_000;
    server.instances = ['web-1', 'web-2', 'web-3'].map((host, index) => ({
      id: host,
      at,
      application: 'bookstore',
      service: 'web',
      environment: 'prod',
      infrastructure: 'dc1',
      host,
      build: index === 2 ? '43' : '42',
      executionId: 'e1',
      details: {},
    }));
    await page.goto(`${origin}/instances`);
    await page.locator('.group-hosts li').first().waitFor();
    expect(await page.locator('.group-build').count()).toBe(2);
    await picture('instances');
  });
});

/** The longest time since the last call in which the page could not answer. */
async function longestTaskMs(): Promise<number> {
  return page.evaluate(() => {
    interface Watched {
      longest?: number;
      observer?: PerformanceObserver;
    }
    // The page's own window is the only place that lasts between two calls.
    const watched = window as unknown as Watched;
    const entries = watched.observer?.takeRecords() ?? [];
    const longest = Math.max(watched.longest ?? 0, ...entries.map((entry) => entry.duration));
    watched.longest = 0;
    if (watched.observer === undefined) {
      watched.observer = new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) watched.longest = Math.max(watched.longest ?? 0, entry.duration);
      });
      watched.observer.observe({ type: 'longtask' });
    }
    return longest;
  });
}
