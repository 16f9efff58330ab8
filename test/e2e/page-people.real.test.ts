/** What waits for a person, answered on the page, in a real Chromium. */
import type { AskedVariable, WaitingView } from '@fairlead/proto/live.ts';
import { describe, expect, it } from 'vitest';
import { atPage } from './page-browser.ts';
import { looks } from './page-looks.ts';
import { PlayedExecution } from './page-execution.ts';
import { header, listRows } from './page-scenarios.ts';

const at = atPage('chromium');
const HOUR = 3_600_000;

const asked = (name: string, more: Partial<AskedVariable> = {}): AskedVariable => ({
  name,
  type: 'text',
  required: false,
  default: null,
  values: [],
  pattern: null,
  description: '',
  ...more,
});

const waits = (kind: WaitingView['kind'], more: Partial<WaitingView> = {}): WaitingView => ({
  kind,
  id: 'e-people/r2/pre.0/pre/t1',
  name: 'Sign-off',
  where: 'Sign-off',
  since: Date.now() - 300_000,
  until: Date.now() + 8 * HOUR,
  groups: ['release', 'on-call'],
  onTimeout: 'EXPIRES',
  variables: [],
  message: null,
  ...more,
});

function show(...people: readonly WaitingView[]): PlayedExecution {
  const more = { name: 'release', kind: 'PIPELINE', status: 'WAITING', people } as const;
  const play = new PlayedExecution(header('e-people', Date.now() - 600_000, more));
  play.node('run', 'e-people/r2', null, 'Sign-off', { status: 'WAITING', startedAt: Date.now() - 300_000 });
  play.commit();
  at.server.executions.set('e-people', play);
  return play;
}

const open = (): Promise<unknown> => at.page.goto(`${at.origin}/executions/e-people`);
const dialog = () => at.page.getByRole('dialog');
const illegal = (detail: string) => ({ status: 409, body: { title: 'Illegal state', detail, failures: [] } });

describe('an approval', () => {
  it('shows who may answer until when, and takes the answer with its comment and variables', async () => {
    const variables = [asked('window', { default: 'night' }), asked('ticket', { default: '' })];
    const play = show(waits('APPROVAL_STAGE', { variables }));
    await open();
    const panel = at.page.getByRole('region', { name: 'Waits for a person' });
    await panel.waitFor();
    const text = await panel.innerText();
    for (const part of ['Approval ‘Sign-off’', 'release or on-call', '5 min ago', '7h 59m left', 'it expires', 'night'])
      expect(text).toContain(part);
    await looks(at, 'approval');
    await panel.getByRole('button', { name: 'Answer…' }).click();
    // A stage has nothing of its own to roll back.
    const buttons = await dialog().getByRole('button').allTextContents();
    expect(buttons).toEqual(['Cancel', 'Reject', 'Approve']);
    await dialog().getByLabel('ticket').fill('CHG-7');
    await dialog().getByLabel('Comment').fill('numbers look good');
    // Enter is no answer where there are two.
    await at.page.keyboard.press('Enter');
    expect(at.server.posted).toEqual([]);
    await looks(at, 'approval-dialog');
    await dialog().getByRole('button', { name: 'Approve' }).click();
    await dialog().waitFor({ state: 'detached' });
    expect(at.server.posted).toEqual([
      {
        path: '/executions/e-people/approvals',
        body: {
          step: 'e-people/r2/pre.0/pre/t1',
          answer: 'APPROVE',
          comment: 'numbers look good',
          variables: { ticket: 'CHG-7' },
        },
      },
    ]);
    play.head({ status: 'RUNNING', people: [] });
    play.commit();
    at.server.flush();
    await panel.waitFor({ state: 'detached' });
  });

  it('of a step may be rejected with a rollback, by keyboard alone', async () => {
    show(waits('APPROVAL', { where: 'Production', variables: [asked('note', { default: 'x' })] }));
    await open();
    await at.page.getByRole('button', { name: 'Answer…' }).focus();
    await at.page.keyboard.press('Enter');
    await dialog().getByLabel('note').fill('y');
    await dialog().getByRole('button', { name: 'Reject and roll back' }).focus();
    await at.page.keyboard.press('Enter');
    await dialog().waitFor({ state: 'detached' });
    // What a rejection would change is nobody's business.
    expect(at.server.posted.at(-1)?.body).toMatchObject({ answer: 'REJECT_AND_ROLLBACK', variables: {} });
    const focused = await at.page.evaluate(() => document.activeElement?.textContent);
    expect(focused).toBe('Answer…');
  });

  it('says why an answer was not taken, and keeps what was written', async () => {
    show(waits('APPROVAL_STAGE'));
    await open();
    await at.page.getByRole('button', { name: 'Answer…' }).click();
    await dialog().getByLabel('Comment').fill('long thoughts');
    at.server.refusal = illegal('it was answered already: approved by jonas');
    await dialog().getByRole('button', { name: 'Approve' }).click();
    await dialog().getByText('Not taken: it was answered already: approved by jonas').waitFor();
    await at.picture('approval-refused');
    at.server.loggedOut = true;
    await dialog().getByRole('button', { name: 'Approve' }).click();
    await dialog().getByText('You are not logged in any more.').waitFor();
    at.server.loggedOut = false;
    at.server.refusing = true;
    await dialog().getByRole('button', { name: 'Approve' }).click();
    await dialog().getByText('The control plane does not answer.').waitFor();
    at.server.refusing = false;
    expect(await dialog().getByLabel('Comment').inputValue()).toBe('long thoughts');
    await dialog().getByRole('button', { name: 'Approve' }).click();
    await dialog().waitFor({ state: 'detached' });
    expect(at.complaints.splice(0).every((each) => /40[19]/.test(each))).toBe(true);
  });
});

describe('a stage that asks for inputs', () => {
  const variables = [
    asked('ticket', { required: true, pattern: 'CHG-[0-9]+', description: 'Ticket of the change' }),
    asked('Environment', { type: 'environment', required: true, default: 'staging', values: ['staging', 'prod'] }),
    asked('batch', { type: 'number', default: '25' }),
  ];

  it('shows what each may be, and takes them', async () => {
    const more = { id: 'e-people/r3', name: 'Production', variables, onTimeout: 'DEFAULTS', groups: [] } as const;
    const play = show(waits('INPUTS', { ...more, where: 'Production' }));
    await open();
    const panel = at.page.getByRole('region', { name: 'Waits for a person' });
    const text = await panel.innerText();
    for (const part of [
      'Inputs for ‘Production’',
      'anybody',
      '7h 59m left',
      'goes on with the defaults',
      'needs a value',
    ])
      expect(text).toContain(part);
    await panel.getByRole('button', { name: 'Give inputs…' }).click();
    expect(await dialog().locator('[data-variable="ticket"]').innerText()).toContain(
      'Ticket of the change · matches CHG-[0-9]+',
    );
    expect(await dialog().locator('[data-variable="batch"]').innerText()).toContain('a number · default 25');
    // What is required is asked for before anything is sent.
    await dialog().getByRole('button', { name: 'Go on with these' }).click();
    await dialog().getByText('It needs a value.').waitFor();
    expect(await dialog().getByLabel('ticket').getAttribute('aria-invalid')).toBe('true');
    expect(at.server.posted).toEqual([]);
    await dialog().getByLabel('ticket').fill('7');
    const field = 'values.ticket';
    const reason = "input 'ticket': '7' does not match CHG-[0-9]+";
    const failures = [{ code: 'INVALID_INPUT', field, reason, mend: 'Give a value that the whole pattern matches.' }];
    at.server.refusal = { status: 400, body: { title: 'Invalid', detail: reason, failures } };
    await at.page.keyboard.press('Enter');
    await dialog().locator('[data-variable="ticket"]').getByText('does not match').waitFor();
    await looks(at, 'inputs-refused');
    await dialog().getByLabel('ticket').fill('CHG-7');
    await dialog().getByLabel('Environment').selectOption('prod');
    await dialog().getByRole('button', { name: 'Go on with these' }).click();
    await dialog().waitFor({ state: 'detached' });
    // What was left alone follows the definition.
    expect(at.server.posted.at(-1)).toEqual({
      path: '/executions/e-people/inputs',
      body: { run: 'e-people/r3', values: { ticket: 'CHG-7', Environment: 'prod' } },
    });
    play.head({ status: 'RUNNING', people: [] });
    play.commit();
    at.server.flush();
    await panel.waitFor({ state: 'detached' });
    expect(at.complaints.splice(0).every((each) => each.includes('400'))).toBe(true);
  });

  it('closes what nobody waits for any more', async () => {
    const play = show(waits('INPUTS', { variables }));
    await open();
    await at.page.getByRole('button', { name: 'Give inputs…' }).click();
    play.head({ status: 'EXPIRED', people: [], endedAt: Date.now() });
    play.commit();
    at.server.flush();
    await dialog().waitFor({ state: 'detached' });
    await at.page.locator('.head-status[data-status="EXPIRED"]').waitFor();
  });
});

describe('the list', () => {
  it('marks what waits for a person, and tells all of it above', async () => {
    const [first, second, ...rest] = listRows(30, Date.now() - 30_000);
    if (first === undefined || second === undefined) throw new Error('no rows');
    const people = [waits('APPROVAL_STAGE')];
    at.server.rows = [first, { ...second, summary: { ...second.summary, people: people as never } }, ...rest];
    at.server.waiting = [
      { executionId: second.executionId, name: 'release', application: 'bookstore', waiting: waits('APPROVAL_STAGE') },
      {
        executionId: 'e000002',
        name: 'nightly',
        application: 'payments',
        waiting: waits('INPUTS', { id: 'x', groups: [] }),
      },
    ];
    await at.page.goto(at.origin);
    const row = at.page.locator(`[data-execution="${second.executionId}"]`);
    await row.locator('.entry-person', { hasText: 'Approval ‘Sign-off’ by release or on-call' }).waitFor();
    expect(await at.page.locator('.entry-person').count()).toBe(1);
    const above = at.page.getByRole('region', { name: 'Waits for a person' });
    expect(await above.getByRole('listitem').count()).toBe(2);
    expect(await above.innerText()).toContain('Inputs for ‘Sign-off’ of nightly');
    expect(await at.page.title()).toBe('(2) Executions · Fairlead');
    await looks(at, 'waiting-list');
    await above.getByRole('link').first().click();
    await at.page.waitForURL(`${at.origin}/executions/${second.executionId}`);
    expect(at.complaints.splice(0).every((each) => each.includes('404'))).toBe(true);
  });
});
