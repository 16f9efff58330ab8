/** Many hosts, a long list, and nothing at all, in a real Chromium. */
import { describe, expect, it } from 'vitest';
import { atPage } from './page-browser.ts';
import { listRows, wideExecution, wideHost } from './page-scenarios.ts';

const at = atPage('chromium');
/** The server sends at most one message every 50 ms: whoever needs less for each keeps up, with time to spare for people. */
const MESSAGE_MS = 50;
/** Fifty pages one after the other, on a machine that other suites share. */
const PATIENCE_MS = 90_000;

describe('many', () => {
  it('keeps up with 1,000 hosts that all change', { timeout: PATIENCE_MS }, async () => {
    const hosts = 1_000;
    const begun = Date.now() - 5_000;
    const play = wideExecution('e-wide', begun, hosts, 5);
    at.server.executions.set('e-wide', play);
    await at.page.goto(`${at.origin}/executions/e-wide`);
    await at.page.locator('.cell.compact').first().waitFor();
    // Only what is in sight is drawn.
    expect(await at.page.locator('.cell').count()).toBeLessThan(3_000);
    // With so many hosts nobody wants the log of one: the list of them is there by itself.
    await at.page.locator('.hosts-row').first().waitFor();
    const before = await at.usedMs();

    const step = 'e-wide/r1/p1/deploy/t4';
    const perFrame = 25;
    for (let from = 0; from < hosts; from += perFrame) {
      for (let host = from; host < from + perFrame; host += 1) {
        const status = host % 97 === 5 ? 'FAILED' : 'SUCCESS';
        play.change(`${step}@${wideHost(host)}`, { status, endedAt: begun + 4_000 });
      }
      play.commit();
      at.server.flush();
      await at.page.evaluate(() => new Promise(requestAnimationFrame));
    }
    await at.page.locator(`[data-node="${step}"] .hostbar-text`, { hasText: '1000/1000' }).waitFor();
    const used = (await at.usedMs()) - before;
    expect(used / (hosts / perFrame)).toBeLessThan(MESSAGE_MS);
    await at.picture('wide-grid');

    // What failed stands first.
    expect(await at.page.locator('.hosts-row').first().getAttribute('data-host')).toBe(wideHost(5));
    await at.page.getByLabel('Find a host').fill('node-0777');
    await expect.poll(() => at.page.locator('.hosts-row').count()).toBe(1);
    await at.page.getByLabel('Find a host').fill('');
    await at.picture('wide-hosts');
  });

  it('pages through 5,000 executions and stays live', { timeout: PATIENCE_MS }, async () => {
    at.server.rows = listRows(5_000, Date.now() - 30_000);
    await at.page.goto(at.origin);
    await at.page.locator('.entry').first().waitFor();
    await at.page.locator('[data-connection="live"]').waitFor();
    await at.picture('list');
    const table = at.page.locator('.table-scroll');
    for (let loaded = 0; loaded < 5_000;) {
      await table.evaluate((element) => element.scrollTo(0, element.scrollHeight));
      const before = loaded;
      await expect
        .poll(
          async () =>
            (loaded = Math.round((await at.page.locator('.table-body').evaluate((body) => body.clientHeight)) / 46)),
          { interval: 20 },
        )
        .toBeGreaterThan(before);
    }
    expect(await at.page.locator('.entry').count()).toBeLessThan(80);
    await table.evaluate((element) => element.scrollTo(0, 0));

    const usedBefore = await at.usedMs();
    const [first, ...rest] = at.server.rows;
    if (first === undefined) throw new Error('no rows');
    const ended = { ...first, seq: 30, status: 'SUCCESS' as const, endedAt: Date.now() };
    at.server.rows = [ended, ...rest];
    at.server.flush();
    await at.page.locator(`[data-execution="${first.executionId}"][data-status="SUCCESS"]`).waitFor();
    // An older row that comes late changes nothing; a newer one behind it shows that it was read.
    const second = rest[0];
    if (second === undefined) throw new Error('no second row');
    at.server.rows = [first, { ...second, seq: 31, status: 'RUNNING' }, ...rest.slice(1)];
    at.server.flush();
    await at.page.locator(`[data-execution="${second.executionId}"][data-status="RUNNING"]`).waitFor();
    expect(await at.page.locator(`[data-execution="${first.executionId}"]`).getAttribute('data-status')).toBe(
      'SUCCESS',
    );
    // Two messages, and a second or two of ticking clocks.
    const usedByTwo = (await at.usedMs()) - usedBefore;
    expect(usedByTwo).toBeLessThan(8 * MESSAGE_MS);
  });

  it('filters by status, application and text', async () => {
    at.server.rows = listRows(300, Date.now() - 30_000);
    await at.page.goto(at.origin);
    await at.page.getByRole('button', { name: 'Not successful' }).click();
    await expect.poll(() => at.page.locator('.entry[data-status="SUCCESS"]').count()).toBe(0);
    await at.page.locator('.entry[data-status="FAILED"]').first().waitFor();
    await at.page.getByRole('button', { name: 'All', exact: true }).click();
    await at.page.getByLabel('Application').selectOption('payments');
    await expect
      .poll(async () =>
        (await at.page.locator('.entry-name').allTextContents()).every((text) => text.includes('payments')),
      )
      .toBe(true);
    await at.page.getByLabel('Application').selectOption('');
    await at.page.keyboard.press('Escape');
    await at.page.locator('h1').click();
    await at.page.keyboard.press('/');
    await at.page.keyboard.type('web 298');
    await expect.poll(() => at.page.locator('.entry').count()).toBe(1);
    expect(new URL(at.page.url()).searchParams.get('find')).toBe('web 298');
    await at.page.locator('.entry-link').click();
    await at.page.getByText('There is no such execution.').waitFor();
    await at.page.goBack();
    await expect.poll(() => at.page.locator('.entry').count()).toBe(1);
    expect(at.complaints.splice(0).every((each) => each.includes('404'))).toBe(true);
  });
});

describe('with nothing to show', () => {
  it('says what to do first', async () => {
    await at.page.goto(at.origin);
    await at.page.getByText('Nothing has been deployed yet').waitFor();
    expect(await at.page.locator('main').innerText()).toContain('fairlead deploy');
    await at.picture('empty');
    at.server.rows = listRows(1, Date.now());
    at.server.flush();
    await at.page.locator('.entry').waitFor();
  });

  it('tells what is on hold, and lifts it', async () => {
    const taken = { application: 'bookstore', environment: 'prod', infrastructure: 'dc1', service: 'web' };
    const why = { executionId: 'e000001', actor: 'maria', reason: 'it answers 500', at: Date.now() - 120_000 };
    at.server.holds = [{ id: 'h1', workflow: 'ship-web', ...taken, ...why }];
    at.server.rows = listRows(40, Date.now());
    await at.page.goto(at.origin);
    const holds = at.page.getByRole('region', { name: 'Holds' });
    await holds.getByText('no trigger deploys web to prod/dc1').waitFor();
    expect(await holds.innerText()).toContain('by maria: it answers 500');
    // It stands above the list, and the list keeps the rest of the page.
    const [above, below] = [await holds.boundingBox(), await at.page.locator('.table-scroll').boundingBox()];
    expect((above?.y ?? 0) + (above?.height ?? 0)).toBeLessThanOrEqual(below?.y ?? 0);
    expect((below?.y ?? 0) + (below?.height ?? 0)).toBeLessThanOrEqual(860);
    await at.picture('holds');
    await holds.getByRole('button', { name: 'Lift the hold' }).click();
    await holds.waitFor({ state: 'detached' });
    expect(at.server.holds).toEqual([]);
  });

  it('says how to log in', async () => {
    at.server.loggedOut = true;
    await at.page.goto(at.origin);
    await at.page.getByText('You are not logged in').waitFor();
    // By then the socket was refused often enough for it to look like a broken connection.
    await at.page.waitForTimeout(5_000);
    expect(await at.page.getByText('No connection to the control plane').count()).toBe(0);
    expect(at.complaints.splice(0).every((each) => each.includes('401'))).toBe(true);
  });

  it('shows what runs where', async () => {
    const since = Date.now() - 3_600_000;
    at.server.instances = ['web-1', 'web-2', 'web-3'].map((host, index) => ({
      id: host,
      at: since,
      application: 'bookstore',
      service: 'web',
      environment: 'prod',
      infrastructure: 'dc1',
      host,
      build: index === 2 ? '43' : '42',
      executionId: 'e1',
      details: {},
      state: index === 1 ? 'REMOVED' : 'RUNNING',
      note: index === 1 ? 'web-2 has left prod/dc1' : null,
    }));
    at.server.deployments = ['43', '42'].map((build, index) => ({
      ...at.server.instances[2],
      at: since - index * 60_000,
      build,
      action: index === 0 ? 'ROLLED_BACK' : 'DEPLOYED',
    }));
    await at.page.goto(`${at.origin}/instances`);
    await at.page.locator('.group-hosts li').first().waitFor();
    expect(await at.page.locator('.group-build').count()).toBe(2);
    expect(await at.page.locator('.group-hosts .host-gone').textContent()).toContain('web-2');
    await at.picture('instances');
    await at.page.locator('.group-hosts').getByText('web-3').click();
    await at.page.locator('.history li').first().waitFor();
    expect(await at.page.locator('.history li').allTextContents()).toEqual([
      expect.stringContaining('rolled back to build 43'),
      expect.stringContaining('deployed build 42'),
    ]);
  });
});
