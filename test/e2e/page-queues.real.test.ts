/** Who waits for whom, on the page. */
import type { QueueView } from '@fairlead/control-plane/app/use-cases.ts';
import { describe, expect, it } from 'vitest';
import { atPage } from './page-browser.ts';
import { PlayedExecution } from './page-execution.ts';
import { header } from './page-scenarios.ts';
import { looks } from './page-looks.ts';

const at = atPage('chromium');
const MINUTE = 60_000;

const place = (id: string, minutes: number, permits = 1): QueueView['holders'][number] => ({
  executionId: id,
  by: `${id}/r1`,
  ticket: minutes,
  permits,
  since: Date.now() - minutes * MINUTE,
  execution: { name: `ship-${id}`, application: 'shop', actor: id === 'e3' ? 'jonas' : 'maria' },
});
const gone = { ...place('e9', 1), since: null, execution: null };

const queues = (): readonly QueueView[] => [
  {
    kind: 'INFRASTRUCTURE',
    name: 'shop/prod/dc1/web',
    unit: '',
    capacity: 1,
    used: 1,
    strategy: 'FIFO',
    holders: [place('e1', 30)],
    waiting: [place('e2', 20), place('e3', 10), gone],
  },
  {
    kind: 'GUARD',
    name: 'backup',
    unit: 'prod',
    capacity: 3,
    used: 2,
    strategy: 'ASAP',
    holders: [place('e4', 5, 2)],
    waiting: [],
  },
];

describe('the queues', () => {
  it('say who holds what, who waits in which place, and since when', async () => {
    at.server.queues = queues();
    await at.page.goto(at.origin);
    await at.page.getByRole('link', { name: 'Queues' }).click();
    const web = at.page.getByRole('region', { name: 'shop/prod/dc1/web' });
    await web.waitFor();
    const lines = (await web.getByRole('listitem').allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' '));
    expect(lines).toEqual([
      'ship-e1 shop, by maria holds it · since 30 min ago',
      'ship-e2 shop, by maria is next · since 20 min ago',
      'ship-e3 shop, by jonas waits, 1 before it · since 10 min ago',
      'e9 waits, 2 before it',
    ]);
    const backup = await at.page.getByRole('region', { name: 'backup for prod' }).innerText();
    expect(backup).toContain('2 of 3 used, whoever fits goes first');
    expect(backup).toContain('2 permits');
    await looks(at, 'queues');
    // Whoever is let in is seen moving up.
    const [first, ...rest] = queues();
    if (first === undefined) throw new Error('no queue');
    const [next, ...others] = first.waiting;
    at.server.queues = [{ ...first, holders: next === undefined ? [] : [next], waiting: others }, ...rest];
    await expect
      .poll(async () => web.getByRole('listitem').first().innerText(), { timeout: 8_000 })
      .toContain('ship-e2');
    await at.page.getByLabel('Find queues').fill('jonas');
    await expect.poll(() => at.page.locator('[data-queue]').count()).toBe(1);
    await web.getByRole('link', { name: 'ship-e3' }).click();
    await at.page.waitForURL(`${at.origin}/executions/e3`);
    expect(at.complaints.splice(0).every((each) => each.includes('404'))).toBe(true);
  });

  it('are one click away from who waits in one', async () => {
    at.server.queues = queues();
    const waiting = 'waiting for the lock of shop/prod/dc1/web, 1 before it in the queue';
    at.server.executions.set('e3', new PlayedExecution(header('e3', Date.now(), { status: 'QUEUED', waiting })));
    await at.page.goto(`${at.origin}/executions/e3`);
    await at.page.locator('.notices').getByRole('link', { name: 'Show the queue' }).click();
    await at.page.getByRole('region', { name: 'shop/prod/dc1/web' }).waitFor();
    expect(await at.page.locator('[data-queue]').count()).toBe(1);
    await at.page.goBack();
    await at.page.locator('.head-status[data-status="QUEUED"]').waitFor();
  });

  it('say so when there are none', async () => {
    await at.page.goto(`${at.origin}/queues`);
    await at.page.getByText('Nothing is held, and nobody waits').waitFor();
  });
});
