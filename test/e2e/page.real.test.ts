/** One execution in a real Chromium, against a server that plays it act by act. */
import { describe, expect, it } from 'vitest';
import { atPage } from './page-browser.ts';
import { PlayedExecution } from './page-execution.ts';
import { header, RollingStory } from './page-scenarios.ts';

const at = atPage('chromium');
const statusOf = (node: string): Promise<string | null> =>
  at.page.locator(`[data-node="${node}"]`).getAttribute('data-status');
const logText = async (): Promise<string> => (await at.page.locator('.log-text').allTextContents()).join('\n');

describe('an execution', () => {
  it('shows a rolling deployment live: tree, hosts, failure, rollback', async () => {
    const story = new RollingStory('e-rolling', Date.now() - 60_000);
    at.server.executions.set('e-rolling', story.execution);
    story.firstBatchInstalls();
    // A short way in; the address becomes the lasting one.
    await at.page.goto(`${at.origin}/executions/last`);
    await at.page.waitForURL(`${at.origin}/executions/e-rolling`);
    await at.page.locator('[data-connection="live"]').waitFor();
    await at.page.locator('.head-status[data-status="RUNNING"]').waitFor();
    expect(await statusOf(story.step(0, 'deploy', 'stop'))).toBe('SUCCESS');
    expect(await statusOf(story.step(0, 'deploy', 'install'))).toBe('RUNNING');
    expect(await at.page.locator('.cell[data-host="web-1"][data-status="RUNNING"]').count()).toBe(1);
    expect(await at.page.title()).toBe('Running · ship-web · Fairlead');
    expect(await at.page.locator('link[rel="icon"]').getAttribute('href')).toBe('/favicon/running.svg');
    // Nobody chose: the running host's log is there by itself, colors of the terminal taken out.
    await expect.poll(logText).toContain('sha256 ok');
    expect(await logText()).not.toContain('\u001B');
    await at.picture('rolling-1-running');

    story.firstBatchEnds();
    at.server.flush();
    await at.page.locator(`[data-node="e-rolling/r1/p1.1"][data-status="SUCCESS"]`).waitFor();
    expect(await at.page.locator('[role="progressbar"]').getAttribute('aria-valuenow')).toBe('7');

    story.secondBatchFails();
    at.server.flush();
    await at.page.locator('.head-status[data-status="ROLLING_BACK"]').waitFor();
    await at.page.locator('.cell[data-host="web-3"][data-status="FAILED"]').waitFor();
    const notices = await at.page.locator('.notices').innerText();
    expect(notices).toContain('http://web-3:8080/health answered 500');
    expect(notices).toContain('Verify Service › Check health on web-3');
    expect(notices).toContain('ASSERTION_FAILED');
    expect(await at.page.locator('.rollback-mark').innerText()).toContain('Rollback path');
    expect(await at.page.locator('.row.undo').count()).toBeGreaterThan(3);
    await expect.poll(logText).toContain('no such table: books');
    await at.picture('rolling-2-failed');

    story.rollbackEnds();
    at.server.flush();
    await at.page.locator('.head-status[data-status="FAILED"]').waitFor();
    expect(await at.page.locator('.notices').innerText()).toContain('every changed target is as it was before');
    expect(await at.page.locator('link[rel="icon"]').getAttribute('href')).toBe('/favicon/failed.svg');
    await at.picture('rolling-3-rolled-back');
    await at.page.emulateMedia({ colorScheme: 'dark' });
    await at.picture('rolling-4-dark');
    await at.page.emulateMedia({ colorScheme: 'light' });
    await at.page.setViewportSize({ width: 420, height: 900 });
    await at.picture('rolling-5-narrow');
  });

  it('resumes after a lost connection exactly where it was', async () => {
    const story = new RollingStory('e-lost', Date.now() - 60_000);
    at.server.executions.set('e-lost', story.execution);
    story.firstBatchInstalls();
    const attempt = story.attempt(0, 'deploy', 'install', 'web-1');
    await at.page.goto(`${at.origin}/executions/e-lost?node=${encodeURIComponent(attempt)}`);
    await expect.poll(logText).toContain('unpacked 214 files');
    const before = await logText();
    const seq = story.execution.seq;

    at.server.refusing = true;
    at.server.dropSockets();
    await at.page.locator('[data-connection="reconnecting"]').waitFor();
    await at.picture('reconnecting');
    story.firstBatchEnds();
    story.execution.write(attempt, 'grüße ✓\n');
    story.execution.write(attempt, 'after a gap\n', 4_096);
    at.server.subscribed.length = 0;
    at.server.refusing = false;
    await at.page.locator('[data-connection="live"]').waitFor();
    await at.page.locator(`[data-node="e-lost/r1/p1.1"][data-status="SUCCESS"]`).waitFor();
    expect(at.server.subscribed.find((each) => each.feed === 'execution')).toMatchObject({ after: seq });
    const log = at.server.subscribed.find((each) => each.feed === 'log');
    expect(log).toMatchObject({ attemptId: attempt });
    expect(log?.feed === 'log' && log.from).toBe(
      Buffer.byteLength('$ install on web-1\nfetching web-43.tgz\n\u001B[32msha256 ok\u001B[0m\nunpacked 214 files\n'),
    );
    // The story writes the install lines once more; the tail is continued, nothing is missing and nothing twice.
    await expect
      .poll(logText)
      .toBe(`${before}\n$ install on web-1\nfetching web-43.tgz\nsha256 ok\nunpacked 214 files\ngrüße ✓\nafter a gap`);
    expect(await at.page.locator('.log-gap').innerText()).toContain('4.0 KB dropped at the agent');
  });

  it('follows the log until somebody scrolls up, and finds text in it', async () => {
    const story = new RollingStory('e-log', Date.now() - 60_000);
    at.server.executions.set('e-log', story.execution);
    story.firstBatchInstalls();
    const attempt = story.attempt(0, 'deploy', 'install', 'web-2');
    for (let line = 0; line < 5_000; line += 1) story.execution.write(attempt, `line ${line} of the work\n`);
    await at.page.goto(`${at.origin}/executions/e-log`);
    await at.page.locator('.cell[data-host="web-2"]').last().click();
    await expect.poll(logText).toContain('line 4999 of the work');
    expect(new URL(at.page.url()).searchParams.get('node')).toBe(attempt.replace('#1', ''));
    // What is drawn is a window on it.
    expect(await at.page.locator('.log-line').count()).toBeLessThan(200);

    await at.page.locator('.log-scroll').hover();
    await at.page.mouse.wheel(0, -600);
    await at.page.locator('.log[data-follow="false"]').waitFor();
    story.execution.write(attempt, 'a late line\n');
    at.server.flush();
    await at.page.locator('.log-jump', { hasText: '1 new line' }).waitFor();
    expect(await logText()).not.toContain('a late line');
    await at.page.locator('.log-jump').click();
    await expect.poll(logText).toContain('a late line');

    await at.page.locator('.log-search input').fill('line 1234 of');
    await at.page.locator('.log-line.current mark').waitFor();
    expect(await at.page.locator('.log-line.current').innerText()).toContain('line 1234 of the work');
    await at.picture('log-search');
  });

  it('aborts and rolls back only after asking, with the reason', async () => {
    at.server.executions.set('e-act', new PlayedExecution(header('e-act', Date.now())));
    await at.page.goto(`${at.origin}/executions/e-act`);
    await at.page.getByRole('button', { name: 'Abort…' }).click();
    await at.page.getByRole('dialog').getByRole('textbox').fill('wrong build');
    await at.picture('abort-dialog');
    await at.page.keyboard.press('Escape');
    await at.page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(at.server.posted).toEqual([]);
    await at.page.getByRole('button', { name: 'Abort…' }).click();
    await at.page.getByRole('dialog').getByRole('textbox').fill('wrong build');
    await at.page.getByRole('dialog').getByRole('button', { name: 'Abort' }).click();
    await at.page.getByRole('dialog').waitFor({ state: 'hidden' });
    await at.page.getByRole('button', { name: 'Roll back…' }).click();
    expect(await at.page.getByRole('dialog').innerText()).toContain('web 43 → 42');
    await at.page.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click();
    await at.page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(at.server.posted).toEqual([
      { path: '/executions/e-act/abort', body: { reason: 'wrong build' } },
      { path: '/executions/e-act/rollback', body: { reason: 'Rolled back on the page' } },
    ]);
  });

  it('is walked by keyboard alone', async () => {
    const story = new RollingStory('e-keys', Date.now() - 60_000);
    at.server.executions.set('e-keys', story.execution);
    story.firstBatchInstalls();
    await at.page.goto(`${at.origin}/executions/e-keys`);
    const tree = at.page.getByRole('tree');
    await tree.focus();
    const focused = async (): Promise<string | null> => at.page.locator('.row.focused .row-name').textContent();
    await at.page.keyboard.press('Home');
    expect(await focused()).toBe('Phase 1, batch 1 of 2');
    for (let press = 0; press < 4; press += 1) await at.page.keyboard.press('ArrowDown');
    expect(await focused()).toBe('Stop');
    await at.page.keyboard.press('Enter');
    await at.page.locator(`[data-inspected="${story.step(0, 'deploy', 'stop')}"]`).waitFor();
    await at.page.keyboard.press('Home');
    await at.page.keyboard.press('ArrowLeft');
    await at.page.locator('[data-node="e-keys/r1/p1.1"][aria-expanded="false"]').waitFor();
    await at.page.keyboard.press('ArrowRight');
    await at.page.locator('[data-node="e-keys/r1/p1.1"][aria-expanded="true"]').waitFor();
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
    at.server.executions.set('e-odd', play);
    await at.page.goto(`${at.origin}/executions/e-odd`);
    const notices = at.page.locator('.notices');
    await notices.getByText('Not confirmed at 1 target').waitFor();
    expect(await notices.innerText()).toContain('the agent did not answer the cancel in time');
    expect(await notices.innerText()).toContain('evolve threw: no node p9');
    await at.picture('odd');
  });
});
