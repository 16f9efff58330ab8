/** A pipeline answered, watched and looked back at on the page, over the real control plane and real hosts. */
import { appAt } from '@fairlead/control-plane/cli/demo/served-versions.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { requireReal } from '../support/real/index.ts';
import { ask, demand } from './fairlead-process.ts';
import { PageLiveWorld } from './page-live-world.ts';

const RELEASE = `
fairlead: v1
application: bookstore
workflows:
  announced:
    type: basic
    service: web
    environment: prod
    inputs: { note: { required: true, pattern: '[a-z ]+', description: What people are told } }
pipelines:
  release:
    stages:
      - { name: Load test, workflow: ship, skip: true }
      - { name: Sign-off, approval: { groups: [release], inputs: { ticket: none }, timeout: 1h } }
      - { name: Production, workflow: announced, ask: [note] }
`;

let world: PageLiveWorld;
beforeAll(async () => {
  requireReal('chromium');
  world = await PageLiveWorld.make();
  const files = [{ name: 'release.yaml', text: RELEASE }];
  await demand(z.object({ revision: z.int() }), ask(world.door, 'POST', '/definitions/apply', { files }));
  await world.page.goto(await world.loginLink());
}, 120_000);
afterAll(() => world.remove(), 60_000);
afterEach(() => expect(world.complaints.splice(0).filter((each) => !each.includes('400'))).toEqual([]));

const started = z.object({ executionId: z.string() });
const start = async (body: object): Promise<string> =>
  (await demand(started, ask(world.door, 'POST', '/executions', { application: 'bookstore', ...body }))).executionId;
const dialog = () => world.page.getByRole('dialog');
const to = (path: string) => world.page.goto(new URL(path, world.door.url).toString());
const stage = (name: string) =>
  world.page.locator('.stage', { has: world.page.locator('.stage-head', { hasText: name }) });
const ends = (status: string): Promise<void> =>
  world.page.locator(`.head-status[data-status="${status}"]`).waitFor({ timeout: 60_000 });

describe('a release', () => {
  let id = '';

  it('is found in the list by who is waited for, approved, and given its inputs', async () => {
    const { page } = world;
    id = await start({ name: 'release', artifacts: { web: '1' } });
    const waiting = page.getByRole('region', { name: 'Waits for a person' });
    await waiting.getByRole('link', { name: 'Approval ‘Sign-off’ of release' }).click();
    await page.waitForURL((url) => url.pathname.endsWith(id));
    expect(await stage('Load test').innerText()).toContain('switched off in the pipeline');
    await page.getByRole('button', { name: 'Answer…' }).click();
    await dialog().getByLabel('ticket').fill('CHG-7');
    await dialog().getByLabel('Comment').fill('go');
    await world.picture('p1-approve');
    await dialog().getByRole('button', { name: 'Approve' }).click();
    await page.getByRole('button', { name: 'Give inputs…' }).click();
    expect(await dialog().locator('[data-variable="note"]').innerText()).toContain('matches [a-z ]+');
    await dialog().getByLabel('note').fill('Loud');
    await page.keyboard.press('Enter');
    await dialog().getByText('does not match').waitFor();
    await world.picture('p2-refused');
    await dialog().getByLabel('note').fill('new books');
    await page.keyboard.press('Enter');
    await ends('SUCCESS');
    await world.picture('p3-success');
    expect((await appAt(world.hosts[0]?.httpPort ?? 0))?.version).toBe('1');
    await expect.poll(() => stage('Production').getAttribute('data-status')).toBe('SUCCESS');
  }, 90_000);

  it('says who was faster', async () => {
    const { page } = world;
    const second = await start({ name: 'release', artifacts: { web: '1' } });
    await to(`/executions/${second}`);
    await page.getByRole('button', { name: 'Answer…' }).click();
    await page.context().setOffline(true);
    await demand(
      z.object({ step: z.string() }),
      ask(world.door, 'POST', `/executions/${second}/approvals`, { answer: 'REJECT' }),
    );
    await dialog().getByRole('button', { name: 'Approve' }).click();
    await dialog().getByText('The control plane does not answer.').waitFor();
    await page.context().setOffline(false);
    // The page learns of it by itself, and asks no more.
    await ends('REJECTED');
    await dialog().waitFor({ state: 'detached' });
    // Somebody rejected it by mistake: it goes on from there in a new one.
    await page.getByRole('button', { name: 'Go on…' }).click();
    expect(await dialog().getByLabel('Stage').inputValue()).toBe('Sign-off');
    await world.picture('p7-go-on');
    await dialog().getByRole('button', { name: 'Go on' }).click();
    await page.waitForURL((url) => !url.pathname.endsWith(second));
    await page.getByRole('button', { name: 'Answer…' }).waitFor();
    await page.getByRole('button', { name: 'Abort…' }).click();
    await dialog().getByRole('button', { name: 'Abort' }).click();
    await ends('ABORTED');
    const aborted = page.url();
    await page.getByRole('button', { name: 'Run again…' }).click();
    await dialog().getByRole('button', { name: 'Run again' }).click();
    await page.waitForURL((url) => url.toString() !== aborted);
    await page.getByRole('button', { name: 'Answer…' }).waitFor();
  }, 60_000);

  it('is looked back at, moment by moment', async () => {
    const { page } = world;
    await to(`/executions/${id}`);
    await ends('SUCCESS');
    await page.getByRole('button', { name: 'Look back' }).click();
    const slider = page.getByRole('slider', { name: 'Moment' });
    const { seq } = await world.view(id);
    await expect.poll(async () => Number(await slider.getAttribute('max'))).toBe(seq - 1);
    await slider.focus();
    await page.keyboard.press('Home');
    await ends('WAITING');
    expect(await stage('Sign-off').getAttribute('data-status')).toBe('WAITING');
    expect(await stage('Production').getAttribute('data-status')).toBe('NONE');
    expect(await page.getByRole('button', { name: 'Answer…' }).count()).toBe(0);
    await world.picture('p4-past');
    await page.getByRole('button', { name: 'Back to now' }).click();
    await ends('SUCCESS');
    await page.getByRole('button', { name: 'Compare…' }).click();
    await dialog().getByRole('link').first().click();
    await page.getByRole('region', { name: 'Where their paths part' }).waitFor();
    await world.picture('p5-diff');
  }, 60_000);

  it('shows who waits behind whom', async () => {
    const { page } = world;
    const first = await start({ name: 'ship', artifacts: { web: '2' } });
    const second = await start({ name: 'ship', artifacts: { web: '2' } });
    await to('/queues');
    const queue = page.getByRole('region', { name: 'bookstore/prod/loopback/web' });
    await queue.getByText('is next').waitFor();
    await world.picture('p6-queues');
    const links = await queue.getByRole('link').evaluateAll((all) => all.map((each) => each.getAttribute('href')));
    expect(links).toEqual([`/executions/${first}`, `/executions/${second}`]);
    await ask(world.door, 'POST', `/executions/${second}/abort`, { reason: 'seen' });
    await ask(world.door, 'POST', `/executions/${first}/abort`, { reason: 'seen' });
  }, 60_000);
});
