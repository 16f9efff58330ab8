/** A pipeline on the page: stages, runs side by side, what each waits for, and what can be asked of one alone. */
import type { StageRunView, StageView } from '@fairlead/proto/live.ts';
import { describe, expect, it } from 'vitest';
import { atPage } from './page-browser.ts';
import { looks } from './page-looks.ts';
import { PlayedExecution } from './page-execution.ts';
import { header } from './page-scenarios.ts';

const at = atPage('chromium');
const ID = 'e-pipe';

const run = (id: string, name: string, more: Partial<StageRunView> = {}): StageRunView => ({
  id: `${ID}/${id}`,
  name,
  status: 'QUEUED',
  startedAt: null,
  endedAt: null,
  takenOver: false,
  isApproval: false,
  note: null,
  until: null,
  ...more,
});
const stage = (id: string, name: string, ...runs: readonly StageRunView[]): StageView => ({
  id,
  name,
  takesBack: null,
  runs,
});

function stages(begun: number): readonly StageView[] {
  const done = { status: 'SUCCESS', startedAt: begun, endedAt: begun + 40_000 } as const;
  const barrier = "step 'Verified': 1 of 2 have arrived at the barrier 'verified', missing: Production (us)";
  return [
    stage('s1', 'QA', run('r1', 'QA', done)),
    stage(
      's2',
      'Load test',
      run('r2', 'Load test', { status: 'SKIPPED', endedAt: begun, note: 'switched off in the pipeline' }),
    ),
    stage(
      's3',
      'Production',
      run('r3', 'Production (eu)', {
        status: 'WAITING',
        startedAt: begun + 50_000,
        note: barrier,
        until: begun + 900_000,
      }),
      run('r4', 'Production (us)', { status: 'RUNNING', startedAt: begun + 50_000 }),
      run('r5', 'Production (asia)', {
        status: 'QUEUED',
        startedAt: begun + 50_000,
        note: 'waiting for the lock of shop/prod/asia/web, 2 before it in the queue',
      }),
    ),
    stage('s4', 'Smoke test', run('r6', 'Smoke test')),
  ];
}

function show(): PlayedExecution {
  const begun = Date.now() - 120_000;
  const play = new PlayedExecution(header(ID, begun, { name: 'release', kind: 'PIPELINE', stages: stages(begun) }));
  for (const each of play.header.stages.flatMap(({ runs }) => runs)) {
    play.node('run', each.id, null, each.name, {
      status: each.status,
      startedAt: each.startedAt,
      endedAt: each.endedAt,
    });
    if (each.startedAt === null) continue;
    const { status, startedAt } = each;
    play.node('phase', `${each.id}/p1`, each.id, `Phase of ${each.name}`, { status, startedAt });
    play.node('section', `${each.id}/p1/d`, `${each.id}/p1`, 'Deploy Service', { status, startedAt });
    play.node('step', `${each.id}/p1/d/t1`, `${each.id}/p1/d`, 'Install', { status, startedAt });
    play.task(`${each.id}/p1/d/t1`, `${each.id.slice(-2)}-web-1`, status, startedAt);
  }
  play.commit();
  at.server.executions.set(ID, play);
  return play;
}

const stageAt = (name: string) => at.page.locator('.stage', { has: at.page.locator('.stage-head', { hasText: name }) });
const open = () => at.page.goto(`${at.origin}/executions/${ID}`);
const phases = () => at.page.locator('.row-phase .row-name').allTextContents();

describe('a pipeline', () => {
  it('shows its stages in order, runs side by side, and what each waits for', async () => {
    show();
    await open();
    await at.page.locator('.stage').first().waitFor();
    const names = await at.page.locator('.stage-head .stage-name').allTextContents();
    expect(names).toEqual(['QA', 'Load test', 'Production', 'Smoke test']);
    // What goes on lies open; the others tell their reason in their line.
    expect(await at.page.locator('.stage-head[aria-expanded="true"]').count()).toBe(1);
    expect(await stageAt('Load test').innerText()).toContain('switched off in the pipeline');
    expect(await stageAt('QA').innerText()).toContain('40s');
    expect(await stageAt('Smoke test').getAttribute('data-status')).toBe('NONE');
    const production = await stageAt('Production').innerText();
    expect(production).toContain('3 runs side by side');
    expect(production).toContain('missing: Production (us)');
    expect(production).toMatch(/1[23]m \d\ds left/);
    expect(production).toContain('2 before it in the queue');
    const boxes = await Promise.all((await at.page.locator('.stage-run').all()).map((each) => each.boundingBox()));
    expect(new Set(boxes.slice(0, 2).map((box) => box?.y)).size).toBe(1);
    await looks(at, 'pipeline');
  });

  it('opens and closes a stage, and shows one run alone, by keyboard', async () => {
    show();
    await open();
    const head = stageAt('QA').locator('.stage-head');
    await head.focus();
    await at.page.keyboard.press('Enter');
    await stageAt('QA').locator('.stage-run').waitFor();
    await stageAt('Production').locator('.stage-run-head', { hasText: '(us)' }).focus();
    await at.page.keyboard.press('Enter');
    await expect.poll(phases).toEqual(['Phase of Production (us)']);
    expect(new URL(at.page.url()).searchParams.get('run')).toBe(`${ID}/r4`);
    await at.page.locator(`[data-inspected^="${ID}/r4/"]`).waitFor();
    await at.picture('pipeline-one-run');
    await at.page.getByRole('button', { name: 'Show all runs' }).click();
    await expect.poll(async () => (await phases()).length).toBeGreaterThan(1);
    await head.click();
    await stageAt('QA').locator('.stage-run').waitFor({ state: 'detached' });
  });

  it('aborts and rolls back one run, or all of it', async () => {
    const play = show();
    await open();
    await at.page.getByRole('button', { name: 'Abort Production (us)…' }).click();
    const dialog = at.page.getByRole('dialog');
    expect(await dialog.innerText()).toContain('Runs beside it go on');
    await dialog.getByRole('button', { name: 'Abort' }).click();
    await dialog.waitFor({ state: 'detached' });
    await at.page.getByRole('button', { name: 'Roll back Production (eu)…' }).click();
    await dialog.getByRole('textbox').fill('it is slow');
    await dialog.getByRole('button', { name: 'Roll back' }).click();
    await dialog.waitFor({ state: 'detached' });
    await at.page.getByRole('button', { name: 'Roll back…', exact: true }).click();
    await dialog.getByRole('button', { name: 'Roll back' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(at.server.posted).toEqual([
      { path: `/executions/${ID}/abort`, body: { reason: 'Aborted on the page', runId: `${ID}/r4` } },
      { path: `/executions/${ID}/rollback`, body: { reason: 'it is slow', runId: `${ID}/r3` } },
      { path: `/executions/${ID}/rollback`, body: { reason: 'Rolled back on the page' } },
    ]);
    // Live: what ends is seen ending, and nothing is offered for it any more.
    play.head({
      stages: play.header.stages.map((each) => ({
        ...each,
        runs: each.runs.map((one) =>
          one.id === `${ID}/r4` ? { ...one, status: 'ABORTED' as const, endedAt: Date.now() } : one,
        ),
      })),
    });
    play.commit();
    at.server.flush();
    await at.page.locator(`[data-run="${ID}/r4"][data-status="ABORTED"]`).waitFor();
    expect(await at.page.getByRole('button', { name: 'Abort Production (us)…' }).count()).toBe(0);
  });
});
