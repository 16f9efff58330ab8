/** Deciding on a failure, pausing and resuming, in a real Chromium. */
import { describe, expect, it } from 'vitest';
import { failure } from '@fairlead/proto/model/failure.ts';
import { atPage } from './page-browser.ts';
import { PlayedExecution } from './page-execution.ts';
import { header } from './page-scenarios.ts';

const at = atPage('chromium');

/** A step on the agent that has failed and waits. */
function waiting(id: string): { readonly play: PlayedExecution; readonly step: string } {
  const play = new PlayedExecution(header(id, Date.now() - 60_000, { status: 'WAITING' }));
  const run = `${id}/r1`;
  const step = `${run}/p1.0/s1/t1`;
  const why = failure('COMMAND_FAILED', 'exit status 1');
  play.node('run', run, null, 'ship-web', { status: 'WAITING' });
  play.node('phase', `${run}/p1.0`, run, 'Phase 1', { status: 'RUNNING' });
  play.node('section', `${run}/p1.0/s1`, `${run}/p1.0`, 'Verify Service', { status: 'RUNNING' });
  play.node('step', step, `${run}/p1.0/s1`, 'Migrate', {
    status: 'WAITING',
    note: 'a person must decide what follows from: exit status 1',
    until: Date.now() + 3_600_000,
    choices: ['RETRY', 'IGNORE', 'ABORT'],
  });
  play.node('task', `${step}@-`, step, 'on the agent', { status: 'FAILED', failure: why });
  play.commit();
  at.server.executions.set(id, play);
  return { play, step };
}

describe('a failed step that waits for a person', () => {
  it('shows what may be decided, asks once more, and sends the reason', async () => {
    const { play, step } = waiting('e-asks');
    await at.page.goto(`${at.origin}/executions/e-asks?node=${encodeURIComponent(step)}`);
    const panel = at.page.locator('.intervention');
    await panel.waitFor();
    expect(await panel.locator('button').allTextContents()).toEqual(['Retry…', 'Ignore…', 'Abort…']);
    await at.picture('intervention');
    await panel.locator('[data-action="RETRY"]').click();
    await at.page.locator('.dialog input').fill('the disk is free again');
    await at.page.locator('.dialog button[type="submit"]').click();
    await expect
      .poll(() => at.server.posted.at(-1))
      .toEqual({
        path: '/executions/e-asks/intervene',
        body: { step, action: 'RETRY', reason: 'the disk is free again' },
      });
    play.change(step, { status: 'RUNNING', choices: [] });
    play.commit();
    at.server.flush();
    await panel.waitFor({ state: 'detached' });
  });
});

describe('a pause', () => {
  it('is asked for with a reason, and ended with one click', async () => {
    const { play } = waiting('e-pause');
    await at.page.goto(`${at.origin}/executions/e-pause`);
    await at.page.getByRole('button', { name: 'Pause…' }).click();
    await at.page.locator('.dialog button[type="submit"]').click();
    const path = '/executions/e-pause';
    await expect
      .poll(() => at.server.posted.at(-1))
      .toEqual({ path: `${path}/pause`, body: { reason: 'Paused on the page' } });
    play.head({ status: 'PAUSED' });
    play.commit();
    at.server.flush();
    await at.page.getByRole('button', { name: 'Resume' }).click();
    await expect.poll(() => at.server.posted.at(-1)).toEqual({ path: `${path}/resume`, body: {} });
    expect(await at.page.getByRole('button', { name: 'Pause…' }).count()).toBe(0);
  });
});

describe('running again', () => {
  it('is asked for with one key for each time the question is put', async () => {
    const { play } = waiting('e-again');
    play.head({ status: 'FAILED' });
    play.commit();
    const unavailable = { status: 503, body: { title: 'The store is away.' } };
    const confirm = () => at.page.locator('.dialog button[type="submit"]').click();
    const keys = async (count: number) => {
      await expect.poll(() => at.server.keys.length).toBe(count);
    };
    await at.page.goto(`${at.origin}/executions/e-again`);
    await at.page.getByRole('button', { name: 'Run again…' }).click();
    at.server.refusal = unavailable;
    await confirm();
    await at.page.getByText('The store is away.').waitFor();
    await keys(1);
    await confirm();
    await keys(2);
    expect(at.server.keys[1]).toBe(at.server.keys[0]);
    await at.page.locator('.dialog').waitFor({ state: 'detached' });
    await at.page.getByRole('button', { name: 'Run again…' }).click();
    await confirm();
    await keys(3);
    expect(at.server.keys[2]).not.toBe(at.server.keys[0]);
    at.complaints.splice(0);
  });
});
