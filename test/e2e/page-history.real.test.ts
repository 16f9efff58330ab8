/** An execution as it was at any moment, and two of them side by side, on the page. */
import type { DiffSide, ExecutionDiff } from '@fairlead/proto/diff.ts';
import { describe, expect, it } from 'vitest';
import { atPage } from './page-browser.ts';
import { looks } from './page-looks.ts';
import { listRows, RollingStory } from './page-scenarios.ts';

const at = atPage('chromium');
const moment = () => at.page.getByRole('slider', { name: 'Moment' });
const status = () => at.page.locator('.head-status').getAttribute('data-status');
const asked = () => at.page.getByRole('button', { name: /^(Abort|Pause|Roll back)/ });

function told(): RollingStory {
  const story = new RollingStory('e-told', Date.now() - 600_000);
  at.server.executions.set('e-told', story.execution);
  story.firstBatchInstalls();
  story.firstBatchEnds();
  story.secondBatchFails();
  return story;
}

describe('the moments of an execution', () => {
  it('are gone through with a slider, and nothing can be asked of the past', async () => {
    const story = told();
    story.rollbackEnds();
    const last = story.execution.seq;
    await at.page.goto(`${at.origin}/executions/e-told`);
    await at.page.getByRole('button', { name: 'Look back' }).click();
    await expect.poll(() => moment().getAttribute('max')).toBe(String(last - 1));
    expect(await status()).toBe('FAILED');
    await moment().focus();
    await at.page.keyboard.press('Home');
    await expect.poll(() => new URL(at.page.url()).searchParams.get('at')).toBe('1');
    await expect.poll(status).toBe('RUNNING');
    await expect.poll(() => at.page.locator('.notices').innerText()).toBe('');
    expect(await at.page.locator('.moments').innerText()).toContain('moment 1 of');
    expect(await at.page.locator('.moments').innerText()).toContain('start, by maria');
    expect(await asked().count()).toBe(0);
    // Time stands still there.
    const elapsed = at.page.locator('.head-facts .elapsed');
    expect(await elapsed.innerText()).toBe('<1s');
    await at.page.keyboard.press('ArrowRight');
    const install = story.step(0, 'deploy', 'install');
    await at.page.locator(`[data-node="${install}"][data-status="RUNNING"]`).waitFor();
    expect(await elapsed.innerText()).toBe('1s');
    await looks(at, 'moments');
    await at.page.getByRole('button', { name: 'After' }).click();
    await at.page.locator(`[data-node="${install}"][data-status="SUCCESS"]`).waitFor();
    // It has an address, which somebody else can be given.
    await at.page.reload();
    await at.page.locator(`[data-node="${install}"][data-status="SUCCESS"]`).waitFor();
    await at.page.getByRole('button', { name: 'Back to now' }).click();
    await expect.poll(status).toBe('FAILED');
    expect(await moment().count()).toBe(0);
  });

  it('have the log of their time, and no more of it', async () => {
    const story = told();
    story.rollbackEnds();
    const asked = () => at.server.subscribed.filter((each) => each.feed === 'log').map(({ until }) => until);
    await at.page.goto(`${at.origin}/executions/e-told`);
    await expect.poll(() => asked().at(-1)).toBeUndefined();
    await expect.poll(asked).not.toEqual([]);
    at.server.subscribed.length = 0;
    await at.page.goto(`${at.origin}/executions/e-told?at=2`);
    const { endedAt } = story.execution.header;
    await expect.poll(asked).not.toEqual([]);
    for (const until of asked()) expect(until).toBeLessThan(endedAt ?? 0);
  });

  it('grow while it goes on', async () => {
    const story = told();
    const before = story.execution.seq;
    await at.page.goto(`${at.origin}/executions/e-told?at=2`);
    await expect.poll(() => moment().getAttribute('max')).toBe(String(before - 1));
    expect(await asked().count()).toBe(0);
    story.rollbackEnds();
    at.server.flush();
    await expect.poll(() => moment().getAttribute('max'), { timeout: 8_000 }).toBe(String(before));
    // Only what came since is asked for.
    expect(at.server.requested.filter((each) => each.includes('/moments')).at(-1)).toContain(`after=${before}`);
  });
});

describe('two executions', () => {
  const side = (executionId: string, more: Partial<DiffSide> = {}): DiffSide => ({
    executionId,
    application: 'bookstore',
    name: 'ship-web',
    kind: 'WORKFLOW',
    status: 'SUCCESS',
    actor: 'maria',
    startedAt: Date.now() - 900_000,
    endedAt: Date.now() - 860_000,
    durationMs: 40_000,
    revision: 11,
    ...more,
  });
  const ran = (status: DiffSide['status'], durationMs: number) => ({ status, durationMs, attempts: 1 });
  const parting = { seq: 9, at: Date.now(), input: 'finished', actor: 'its agent', event: 'StepEnded', node: 'r1' };
  const diff = (): ExecutionDiff => ({
    a: side('e000029'),
    b: side('e-told', { status: 'FAILED', revision: 12 }),
    definition: [
      { kind: 'workflow', name: 'ship-web', change: 'CHANGED', paths: [{ path: 'batch', a: '25%', b: '50%' }] },
    ],
    artifacts: [{ name: 'web', a: '42', b: '43' }],
    variables: [],
    hosts: [{ phase: 'Phase 1', onlyA: [], onlyB: ['web-4'] }],
    outputs: [],
    steps: [
      { node: 's1', name: 'Install', a: ran('SUCCESS', 2_000), b: ran('SUCCESS', 2_100) },
      { node: 's2', name: 'Check health', a: ran('SUCCESS', 1_000), b: ran('FAILED', 4_000) },
      { node: 's3', name: 'Wrap up', a: ran('SUCCESS', 100), b: null },
    ],
    decisions: {
      where: 'Check health',
      a: { ...parting, text: 'SUCCESS' },
      b: { ...parting, text: 'FAILED (ASSERTION_FAILED)' },
    },
  });

  it('are chosen from those alike, and stand side by side', async () => {
    told();
    at.server.rows = listRows(30, Date.now());
    at.server.diff = diff();
    await at.page.goto(`${at.origin}/executions/e-told`);
    await at.page.getByRole('button', { name: 'Compare…' }).click();
    await at.picture('compare-dialog');
    await at.page.getByRole('dialog').getByRole('link', { name: 'web 29' }).click();
    await at.page.waitForURL(`${at.origin}/executions/e000029/diff/e-told`);
    const parts = at.page.getByRole('region', { name: 'Where their paths part' });
    await parts.waitFor();
    expect(await parts.innerText()).toContain('FAILED (ASSERTION_FAILED)');
    expect(await at.page.getByRole('region', { name: 'Definition' }).innerText()).toContain('50%');
    expect(await at.page.getByRole('region', { name: 'Hosts' }).innerText()).toContain('web-4');
    expect(await at.page.getByRole('region', { name: 'Variables' }).count()).toBe(0);
    const steps = at.page.getByRole('region', { name: 'Steps' });
    expect(await steps.locator('tbody tr').count()).toBe(2);
    expect(await steps.innerText()).toContain('not reached');
    await looks(at, 'diff');
    await steps.getByRole('button').click();
    expect(await steps.locator('tbody tr').count()).toBe(3);
    await at.page.getByRole('region', { name: 'B', exact: true }).getByRole('link').click();
    await at.page.waitForURL(`${at.origin}/executions/e-told`);
  });

  it('that did the same are said to', async () => {
    const nothing = {
      definition: [],
      artifacts: [],
      variables: [],
      hosts: [],
      outputs: [],
      steps: [],
      decisions: null,
    };
    at.server.diff = { a: side('e1'), b: side('e2'), ...nothing };
    await at.page.goto(`${at.origin}/executions/e1/diff/e2`);
    await at.page.getByText('No difference').waitFor();
  });
});
