/** What the page says when something is not there: the network, the login, the execution. */
import { describe, expect, it } from 'vitest';
import { atPage } from './page-browser.ts';
import { looks } from './page-looks.ts';
import { listRows, RollingStory } from './page-scenarios.ts';

const at = atPage('chromium');
const banner = () => at.page.locator('.banner');

function running(): RollingStory {
  const story = new RollingStory('e-cut', Date.now() - 60_000);
  at.server.executions.set('e-cut', story.execution);
  story.firstBatchInstalls();
  return story;
}

describe('a cut network', () => {
  it('is told over what was shown, which stays with all that was opened and written', async () => {
    const story = running();
    const chosen = story.attempt(0, 'deploy', 'install', 'web-2');
    await at.page.goto(`${at.origin}/executions/e-cut?node=${encodeURIComponent(chosen)}`);
    await at.page.locator('[data-connection="live"]').waitFor();
    const phase = at.page.locator('[data-node="e-cut/r1/p1.2"]');
    await phase.locator('.twisty').click();
    await at.page.getByRole('button', { name: 'Abort…' }).click();
    await at.page.getByRole('dialog').getByRole('textbox').fill('half a thought');
    at.server.refusing = true;
    at.server.dropSockets();
    await banner().getByText('No connection to the control plane').waitFor();
    await at.picture('cut-dialog');
    await at.page.getByRole('dialog').getByRole('button', { name: 'Abort' }).click();
    await at.page.getByText('The control plane does not answer.').waitFor();
    await at.page.keyboard.press('Escape');
    await looks(at, 'cut');
    story.firstBatchEnds();
    at.server.refusing = false;
    await banner().getByRole('button', { name: 'Try now' }).click();
    await banner().waitFor({ state: 'detached' });
    await at.page.locator('[data-node="e-cut/r1/p1.1"][data-status="SUCCESS"]').waitFor();
    expect(await phase.getAttribute('aria-expanded')).toBe('true');
    expect(new URL(at.page.url()).searchParams.get('node')).toBe(chosen);
  });

  it('from the beginning is no dead end: the page comes as soon as somebody answers', async () => {
    running();
    await at.page.goto(`${at.origin}/instances`);
    at.server.refusing = true;
    at.server.dropSockets();
    await at.page.getByRole('link', { name: 'Executions', exact: true }).click();
    await at.page.getByRole('link', { name: 'Queues' }).click();
    await banner().waitFor();
    at.server.refusing = false;
    await at.page.evaluate(() => {
      history.pushState(null, '', '/executions/e-cut');
      dispatchEvent(new PopStateEvent('popstate'));
    });
    await at.page.locator('.head-status[data-status="RUNNING"]').waitFor();
  });
});

describe('a login that ends', () => {
  it('is told with the way back, and what was shown stays', async () => {
    at.server.rows = listRows(30, Date.now());
    await at.page.goto(at.origin);
    await at.page.locator('.entry').first().waitFor();
    at.server.loggedOut = true;
    at.server.dropSockets();
    await banner().getByText('Your login has ended.').waitFor();
    expect(await at.page.locator('.entry').count()).toBeGreaterThan(10);
    await looks(at, 'login-ended');
    at.server.loggedOut = false;
    await banner().waitFor({ state: 'detached' });
    expect(at.complaints.splice(0).every((each) => each.includes('401'))).toBe(true);
  });
});

describe('what is not there', () => {
  it.each(['/executions/nothing', '/executions/a/diff/b', '/nowhere'])('%s says so, and leads back', async (path) => {
    at.server.rows = listRows(3, Date.now());
    await at.page.goto(at.origin + path);
    await at.page.locator('.message h2', { hasText: /There is no such|is not there/ }).waitFor();
    await at.page.getByRole('main').getByRole('link', { name: 'All executions' }).click();
    await at.page.locator('.entry').first().waitFor();
    expect(at.complaints.splice(0).every((each) => each.includes('404'))).toBe(true);
  });
});
