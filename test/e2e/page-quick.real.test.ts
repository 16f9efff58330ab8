/**
 * How much processor time the page needs for what a person does while 1,000 hosts change, or 5,000 executions are listed.
 * Processor time, not time: the same whatever else the machine does.
 */
import { describe, expect, it } from 'vitest';
import { atPage } from './page-browser.ts';
import { PlayedExecution } from './page-execution.ts';
import { header, listRows, wideHost } from './page-scenarios.ts';

const at = atPage('chromium');
const HOSTS = 1_000;
const STEPS = 10;
const PATIENCE_MS = 120_000;
/** What follows a key or a click within this is at once. */
const AT_ONCE_MS = 200;

/** Nine steps are over at every host and the tenth runs: 20,000 nodes. */
function wide(id: string): { readonly play: PlayedExecution; readonly step: string } {
  const begun = Date.now() - 100_000;
  const play = new PlayedExecution(header(id, begun, { name: 'ship-everywhere', progress: { done: 9, total: STEPS } }));
  const section = `${id}/r1/p1/deploy`;
  const running = { status: 'RUNNING', startedAt: begun } as const;
  play.node('run', `${id}/r1`, null, 'ship-everywhere', running);
  play.node('phase', `${id}/r1/p1`, `${id}/r1`, 'Phase 1', running);
  play.node('section', section, `${id}/r1/p1`, 'Deploy Service', running);
  for (let step = 0; step < STEPS; step += 1) {
    const over = { status: 'SUCCESS', startedAt: begun, endedAt: begun + 9_000 } as const;
    const times = step === STEPS - 1 ? running : over;
    play.node('step', `${section}/t${step}`, section, `Step ${step + 1}`, times);
    for (let host = 0; host < HOSTS; host += 1)
      play.task(`${section}/t${step}`, wideHost(host), times.status, begun, times);
  }
  play.commit();
  at.server.executions.set(id, play);
  return { play, step: `${section}/t${STEPS - 1}` };
}

/** Up to and with the second frame after it. */
async function costOf(act: () => Promise<unknown>): Promise<number> {
  const before = await at.usedMs();
  await act();
  await at.page.evaluate(
    () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn(null)))),
  );
  return (await at.usedMs()) - before;
}

describe('at once', () => {
  it(
    'comes what is asked of 1,000 hosts in ten steps, while all of them change',
    { timeout: PATIENCE_MS },
    async () => {
      const { play, step } = wide('e-quick');
      await at.page.goto(`${at.origin}/executions/e-quick`);
      await at.page.locator('.hosts-row').first().waitFor();
      await at.page.locator('[data-connection="live"]').waitFor();
      // Megabytes are sent once: the socket goes on from where the answer was.
      await expect
        .poll(() => at.server.subscribed.filter((each) => each.feed === 'execution'))
        .toMatchObject([{ after: 1 }]);
      const find = at.page.getByLabel('Find a host');
      const costs: Record<string, number> = {};
      for (let from = 0; from < HOSTS; from += 20) {
        for (let host = from; host < from + 20; host += 1)
          play.task(step, wideHost(host), 'SUCCESS', Date.now() - 5_000, { endedAt: Date.now() });
        play.commit();
        at.server.flush();
        if (from === 200) costs['type'] = await costOf(() => find.press('7'));
        if (from === 300) costs['clear'] = await costOf(() => find.press('Backspace'));
        if (from === 400)
          costs['tree'] = await costOf(() => at.page.locator('.tree-scroll').evaluate((it) => it.scrollBy(0, 400)));
        if (from === 500)
          costs['hosts'] = await costOf(() => at.page.locator('.hosts-scroll').evaluate((it) => it.scrollBy(0, 4_000)));
        if (from === 600) costs['open'] = await costOf(() => at.page.locator(`[data-node$="/t2"]`).click());
      }
      expect(Math.max(...Object.values(costs)), JSON.stringify(costs)).toBeLessThan(AT_ONCE_MS);
      await at.page.locator(`[data-node="${step}"] .hostbar-text`, { hasText: '1000/1000' }).waitFor();
      // Nothing changes: only clocks tick.
      await at.page.waitForTimeout(500);
      const before = await at.usedMs();
      await at.page.waitForTimeout(2_000);
      expect((await at.usedMs()) - before).toBeLessThan(AT_ONCE_MS);
    },
  );

  it('comes what is searched in 5,000 executions that were all loaded', { timeout: PATIENCE_MS }, async () => {
    at.server.rows = listRows(5_000, Date.now() - 30_000);
    await at.page.goto(at.origin);
    await at.page.locator('.entry').first().waitFor();
    const body = at.page.locator('.table-body');
    const loaded = async (): Promise<number> => Math.round((await body.evaluate((it) => it.clientHeight)) / 46);
    await expect
      .poll(
        async () => {
          await at.page.locator('.table-scroll').evaluate((it) => it.scrollTo(0, it.scrollHeight));
          return loaded();
        },
        { interval: 30, timeout: 60_000 },
      )
      .toBe(5_000);
    const cost = await costOf(() => at.page.getByLabel('Find executions').press('w'));
    expect(cost).toBeLessThan(AT_ONCE_MS);
  });
});
