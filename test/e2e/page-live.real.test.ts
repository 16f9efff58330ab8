/** The page over the real thing: a login link, deployments that really run, and a control plane that is killed under it. */
import { appAt } from '@fairlead/control-plane/cli/demo/served-versions.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { requireReal } from '../support/real/index.ts';
import { PageLiveWorld } from './page-live-world.ts';

let world: PageLiveWorld;
beforeAll(async () => {
  requireReal('chromium');
  world = await PageLiveWorld.make();
}, 120_000);
afterAll(() => world.remove(), 60_000);
afterEach(() => expect(world.complaints).toEqual([]));

const ends = (status: string): Promise<void> =>
  world.page.locator(`.head-status[data-status="${status}"]`).waitFor({ timeout: 60_000 });
const served = (): Promise<readonly (string | null)[]> =>
  Promise.all(world.hosts.map(async (host) => (await appAt(host.httpPort))?.version ?? null));
const logText = async (): Promise<string> => (await world.page.locator('.log-text').allTextContents()).join('\n');
const button = (name: string) => world.page.getByRole('button', { name });
const inDialog = (name: string) => world.page.getByRole('dialog').getByRole('button', { name });

/** Every host of every step, as the tree shows it when everything in it is opened. */
async function shownHosts(): Promise<readonly string[]> {
  const closed = world.page.locator('[role="treeitem"][aria-expanded="false"]');
  for (let left = 40; left > 0 && (await closed.count()) > 0; left -= 1)
    await closed.first().locator('.twisty').click();
  const cells = world.page.locator('.cell[data-host]');
  const all = await cells.evaluateAll((each) =>
    each.map((cell) => `${cell.getAttribute('data-host')} ${cell.getAttribute('data-status')}`),
  );
  return all.toSorted();
}

async function knownHosts(id: string): Promise<readonly string[]> {
  const tasks = (await world.view(id)).nodes.filter((node) => node.kind === 'task' && node.target !== '-');
  return tasks.map((node) => `${node.target} ${node.status}`).toSorted();
}

describe('the page', () => {
  const ids = { first: '', second: '' };

  it('is opened by a link from the terminal, which works once', async () => {
    const { page } = world;
    const link = await world.loginLink();
    expect((await page.goto(link))?.status()).toBe(200);
    expect(new URL(page.url()).pathname).toBe('/');
    await page.locator('[data-connection="live"]').waitFor();
    await world.picture('1-empty');
    expect((await fetch(link, { redirect: 'manual' })).status).toBe(401);
  });

  it('shows a deployment in the list while it begins, and in its tree while it goes', async () => {
    const { page } = world;
    ids.first = await world.deploy('1');
    const row = page.locator(`[data-execution="${ids.first}"]`);
    await row.waitFor();
    await row.getByRole('link').click();
    await page.locator('.cell[data-host="web-1"][data-status="RUNNING"]').first().waitFor();
    await world.picture('2-running');
    await page.locator('.cell[data-host="web-4"][data-status="RUNNING"]').first().waitFor({ timeout: 60_000 });
    await ends('SUCCESS');
    expect(await shownHosts()).toEqual(await knownHosts(ids.first));
    await page.locator('.cell[data-host="web-1"]').first().click();
    await expect.poll(logText).toContain('bookstore-1.tgz');
    // Nothing was there before: nothing can be put back.
    expect(await button('Roll back…').count()).toBe(0);
    await world.picture('3-success');
    expect(await served()).toEqual(['1', '1', '1', '1']);
  }, 90_000);

  it('aborts what runs, and offers no rollback of what has failed', async () => {
    ids.second = await world.deploy('2');
    await world.page.goto(new URL(`/executions/${ids.second}`, world.door.url).toString());
    await ends('SUCCESS');
    const third = await world.deploy('3');
    await world.page.goto(new URL(`/executions/${third}`, world.door.url).toString());
    // Version 3 answers 500; its check asks again for five seconds.
    await world.page.locator('.row-step:has-text("Health")[data-status="RUNNING"]').waitFor({ timeout: 60_000 });
    await button('Abort…').click();
    await world.page.getByRole('dialog').getByRole('textbox').fill('it answers 500');
    await world.picture('4-abort');
    const asked = performance.now();
    await inDialog('Abort').click();
    await ends('ABORTED');
    expect(performance.now() - asked).toBeLessThan(5_000);
    await world.picture('5-aborted');
    expect((await world.view(third)).header).toMatchObject({ status: 'ABORTED', rollback: null });
    expect(await button('Abort…').count()).toBe(0);
    expect(await button('Roll back…').count()).toBe(0);
    expect(await served()).toEqual(['3', '3', '2', '2']);
  }, 120_000);

  it('rolls back the last success, on every host it deployed to', async () => {
    const { page } = world;
    await page.goto(new URL(`/executions/${ids.second}`, world.door.url).toString());
    await button('Roll back…').click();
    expect(await page.getByRole('dialog').innerText()).toContain('web 2 → 1');
    await world.picture('6-rollback');
    await inDialog('Roll back').click();
    await page.waitForURL((url) => !url.pathname.endsWith(ids.second));
    await ends('SUCCESS');
    await world.picture('7-rolled-back');
    expect(await served()).toEqual(['1', '1', '1', '1']);
    // A rollback says which build it put back, and is not itself rolled back.
    expect(await page.locator('.head-facts .artifact').innerText()).toBe('web 1');
    expect(await button('Roll back…').count()).toBe(0);
  }, 90_000);

  it('stays with a deployment over a kill -9 of the control plane, and misses nothing', async () => {
    const { page } = world;
    const id = await world.deploy('2');
    await page.goto(new URL(`/executions/${id}`, world.door.url).toString());
    await page.locator('.cell[data-host="web-1"][data-status="RUNNING"]').first().waitFor();
    await world.kill();
    await page.locator('[data-connection="reconnecting"]').waitFor();
    await world.picture('8-killed');
    await world.startAgain();
    await page.locator('[data-connection="live"]').waitFor({ timeout: 30_000 });
    await ends('SUCCESS');
    await world.picture('9-back');
    expect(await served()).toEqual(['2', '2', '2', '2']);
    expect(await shownHosts()).toEqual(await knownHosts(id));
    const { nodes } = await world.view(id);
    const task = nodes.find((node) => node.kind === 'task' && node.target === 'web-1');
    await page.locator('.cell[data-host="web-1"]').first().click();
    const log = (await world.logOf(task?.attemptId ?? '')).trimEnd();
    expect(log).toContain('bookstore-2.tgz');
    const lines = (text: string): readonly string[] =>
      text
        .split('\n')
        .map((line) => line.trim())
        .filter(Boolean);
    await expect.poll(async () => lines(await logText()).length).toBe(lines(log).length);
    await page.getByRole('link', { name: 'Executions' }).first().click();
    await page.locator(`[data-execution="${id}"][data-status="SUCCESS"]`).waitFor();
    expect(await page.locator('[data-execution]').count()).toBe(5);
    await world.picture('10-list');
  }, 120_000);
});
