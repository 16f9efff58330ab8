/** Pipelines through the API, on real hosts (orchestration 4.10, 6, 12 and scenarios 14, 15, 17, 19 of section B). */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { waitingExecution } from '@fairlead/control-plane/api/http/routes/pipelines.ts';
import { InstallsWorld } from './installs-world.ts';
import { journalPage, wholeJournal } from './whole-journal.ts';

/** The build that the pipeline makes itself: newer than all before it. */
const MADE = 60;

let world: InstallsWorld;
beforeAll(async () => {
  world = await InstallsWorld.make(['one', 'two']);
  const [one, two] = world.hosts;
  if (one === undefined || two === undefined) throw new Error('no hosts');
  const make = `printf made >'${join(world.directory, 'builds', `web-${MADE}.tgz`)}'`;
  await world.apply({
    ...world.definition({}),
    environments: {
      qa: { infrastructure: { first: world.infrastructure([one]), second: world.infrastructure([two]) } },
      prod: { type: 'production', infrastructure: { dc1: world.infrastructure([two]) } },
    },
    workflows: {
      ship: {
        type: 'basic',
        service: 'web',
        environment: '${Environment}',
        infrastructure: '${Infra}',
        inputs: { note: { default: 'none', pattern: '[a-z]+', description: 'What for' } },
      },
      checked: {
        type: 'basic',
        service: 'web',
        environment: 'qa',
        infrastructure: 'first',
        inputs: { note: 'good' },
        verify: [{ script: "[ '${workflow.variables.note}' = good ]" }],
      },
      make: { type: 'build', collect: 'web', sections: { 'Prepare Steps': [{ script: make }] } },
    },
    pipelines: {
      plain: {
        stages: [
          stage('QA', 'qa', 'first'),
          stage('Prod', 'prod', 'dc1'),
          { ...stage('Never', 'prod', 'dc1'), skip: 'always' },
        ],
      },
      gated: {
        stages: [
          stage('QA', 'qa', 'first'),
          gate({ inputs: { reason: 'none' }, publish: 'signoff' }),
          { ...stage('Prod', 'prod', 'dc1'), skip: "${context.signoff.reason} == 'skip'" },
        ],
      },
      twice: { stages: [stage('QA', 'qa', 'first'), stage('Again', 'qa', 'first'), stage('Prod', 'prod', 'dc1')] },
      again: {
        stages: [
          { name: 'Once', workflow: 'checked' },
          { name: 'Twice', workflow: 'checked', variables: { note: 'bad' } },
        ],
      },
      asking: {
        stages: [{ name: 'Ask', workflow: 'ship', ask: ['Environment', 'Infra', 'note'] }],
      },
      hasty: {
        stages: [
          {
            name: 'Ask',
            workflow: 'ship',
            variables: { Environment: 'qa', Infra: 'first' },
            ask: { variables: ['note'], timeout: '1s', onTimeout: 'defaults' },
          },
        ],
      },
      late: {
        stages: [
          {
            name: 'Ask',
            workflow: 'ship',
            variables: { Environment: 'qa', Infra: 'first' },
            ask: { variables: ['note'], timeout: '1s' },
          },
        ],
      },
      copies: {
        stages: [
          { name: 'Both', workflow: 'ship', infrastructures: ['first', 'second'], variables: { Environment: 'qa' } },
          stage('Prod', 'prod', 'dc1'),
        ],
      },
      careful: {
        rollbackOnFailure: true,
        stages: [stage('QA', 'qa', 'first'), stage('Prod', 'prod', 'dc1')],
      },
      made: { stages: [{ name: 'Build', workflow: 'make' }, gate({}), stage('QA', 'qa', 'first')] },
      queue: { stages: [gate({ autoReject: true }), stage('QA', 'qa', 'first')] },
      scripted: {
        stages: [
          { name: 'Ticket', approval: { script: answerOfTicket(), every: '1s', publish: 'ticket' } },
          { ...stage('QA', 'qa', 'first'), skip: "${context.ticket.approvalStatus} != 'SUCCESS'" },
        ],
      },
    },
  });
}, 60_000);
afterAll(() => world.remove());

const stage = (name: string, environment: string, infrastructure: string) => ({
  name,
  workflow: 'ship',
  variables: { Environment: environment, Infra: infrastructure },
});
/** No answer as long as the file is not there. */
const answerOfTicket = (): string => `APPROVAL=$(cat '${join(world.directory, 'ticket')}') || exit 1`;
const gate = (more: object) => ({ name: 'Gate', approval: { groups: ['ops'], ...more } });

const started = z.object({ executionId: z.string() });
const listed = z.object({ rows: z.array(started) });
const running = z.object({ instances: z.array(z.looseObject({ build: z.string() })) });
const waitingList = z.object({ waiting: z.array(waitingExecution) });
const post = (id: string, what: string, body: object = {}) => world.ask('POST', `/executions/${id}/${what}`, body);
const go = async (id: string, what: string, body: object = {}) =>
  (await world.demand(started, 'POST', `/executions/${id}/${what}`, body)).executionId;
const waits = (id: string) => world.until(id, 'waits for a person', ({ header }) => header.people.length > 0);
const runs = (view: Awaited<ReturnType<InstallsWorld['view']>>) =>
  view.nodes.filter((node) => node.kind === 'run').map((node) => `${node.name} ${node.status ?? ''}`);
const refusal = (answer: { readonly status: number; readonly body: unknown }): string =>
  `${answer.status} ${z.object({ detail: z.string() }).parse(answer.body).detail}`;

const planned = z.looseObject({ event: z.literal('ExecutionStarted'), plan: z.looseObject({}) });

/** What its plan says of a rollback. */
async function goesBackTo(id: string): Promise<unknown> {
  const records = await wholeJournal(id, (path) => world.demand(journalPage, 'GET', path));
  return planned.parse(records[0]?.decisions[0]?.events[0]).plan;
}

async function begin(build: number, name: string): Promise<string> {
  world.publish(build);
  return (await world.start(build, name)).executionId;
}

describe('a pipeline', () => {
  it('runs its stages one after the other, and passes over what is skipped', async () => {
    const view = await world.deploy(1, 'plain');
    expect(view.header).toMatchObject({ kind: 'PIPELINE', status: 'SUCCESS' });
    expect(runs(view)).toEqual(['QA SUCCESS', 'Prod SUCCESS', 'Never SKIPPED']);
    expect([world.log(0), world.log(1)]).toEqual([['installed web-1.tgz'], ['installed web-1.tgz']]);
  });

  it('leaves out hosts that have the build, in every stage as it is reached, and when it is run again or resumed', async () => {
    const since = (from: readonly number[]) => [0, 1].map((host) => world.log(host).slice(from[host]));
    const now = () => [world.log(0).length, world.log(1).length];
    const phases = (view: Awaited<ReturnType<InstallsWorld['view']>>) =>
      view.nodes.filter(({ kind, name }) => kind === 'phase' && !name.startsWith('Clean')).map(({ note }) => note);
    await world.deploy(1, 'plain');
    let from = now();
    const request = { name: 'twice', artifacts: { web: '1' }, skipSameVersion: true };
    const nothing = await world.settled((await world.demand(started, 'POST', '/executions', request)).executionId);
    expect(nothing.header.status).toBe('SKIPPED');
    const has = 'every host has build 1 already';
    expect([phases(nothing), since(from)]).toEqual([
      [has, has, has],
      [[], []],
    ]);
    // The first stage puts it where the second goes, which nobody could know when the pipeline began.
    world.publish(59);
    world.fail(1, 59);
    const typed = await world.type('deploy', 'twice', '--artifact', 'web=59', '--skip-same-version', '--wait');
    expect(typed.code).toBe(1);
    expect(since(from)).toEqual([['installed web-59.tgz'], ['installed web-59.tgz', 'installed web-1.tgz']]);
    world.heal(1, 59);
    from = now();
    const { rows } = await world.demand(listed, 'GET', '/executions?limit=1');
    const resumed = await world.settled(await go(rows[0]?.executionId ?? '', 'resume-pipeline', { stage: 'QA' }));
    expect(resumed.header.status).toBe('SUCCESS');
    expect(since(from)).toEqual([[], ['installed web-59.tgz']]);
    from = now();
    const again = await world.settled(await go(resumed.header.executionId, 'rerun'));
    expect([again.header.status, since(from)]).toEqual(['SKIPPED', [[], []]]);
    expect(refusal(await world.ask('POST', '/executions', { ...request, hosts: ['one'] }))).toContain(
      'hosts is for workflows started alone',
    );
  }, 120_000);

  it('goes back to what its own earlier stage has put there, also when it is resumed and run again', async () => {
    await world.deploy(57, 'checked');
    const since = (from: number) => world.log(0).slice(from);
    const put = (...builds: readonly number[]) => builds.map((build) => `installed web-${build}.tgz`);
    let from = world.log(0).length;
    const first = await world.deploy(58, 'again');
    expect([runs(first), since(from)]).toEqual([['Once SUCCESS', 'Twice FAILED'], put(58, 58, 58)]);
    from = world.log(0).length;
    const next = await world.settled(await go(first.header.executionId, 'resume-pipeline'));
    expect([runs(next), since(from)]).toEqual([['Once SUCCESS', 'Twice FAILED'], put(58, 58)]);
    from = world.log(0).length;
    await world.deploy(56, 'checked');
    const rerun = await world.settled(await go(next.header.executionId, 'rerun'));
    expect([runs(rerun), since(from)]).toEqual([['Once SUCCESS', 'Twice FAILED'], put(56, 58, 58, 58)]);
    // What somebody else has put there between the two goes before.
    await world.deploy(55, 'checked');
    from = world.log(0).length;
    const last = await world.settled(await go(rerun.header.executionId, 'resume-pipeline'));
    expect([runs(last), since(from)]).toEqual([['Once SUCCESS', 'Twice FAILED'], put(58, 55)]);
  }, 120_000);

  it('is taken back whole after its success, with the stages that it took over', async () => {
    await world.deploy(53, 'plain');
    const since = (from: readonly number[]) => [0, 1].map((host) => world.log(host).slice(from[host]));
    world.fail(1, 54);
    const first = await world.deploy(54, 'plain');
    world.heal(1, 54);
    const resumed = await world.settled(await go(first.header.executionId, 'resume-pipeline'));
    expect([first.header.status, resumed.header.status]).toEqual(['FAILED', 'SUCCESS']);
    const from = [world.log(0).length, world.log(1).length];
    const back = await world.settled(await go(resumed.header.executionId, 'rollback'));
    expect([back.header.status, since(from)]).toEqual([
      'SUCCESS',
      [['installed web-53.tgz'], ['installed web-53.tgz']],
    ]);
    expect(refusal(await post(first.header.executionId, 'rollback'))).toMatch(/it ended FAILED/);
  }, 60_000);

  it('waits for an approval, whose answer later stages read', async () => {
    const id = await begin(2, 'gated');
    const waiting = await waits(id);
    expect(waiting.header).toMatchObject({
      status: 'WAITING',
      people: [{ kind: 'APPROVAL_STAGE', name: 'Gate', groups: ['ops'] }],
    });
    // The list follows the journal within a moment.
    await expect
      .poll(async () => (await world.demand(waitingList, 'GET', '/waiting')).waiting, { timeout: 10_000 })
      .toMatchObject([{ executionId: id, waiting: { name: 'Gate' } }]);
    // What its first stage has deployed runs there by now.
    await expect
      .poll(async () => (await world.demand(running, 'GET', '/instances?environment=qa&host=one')).instances, {
        timeout: 10_000,
      })
      .toMatchObject([{ infrastructure: 'first', build: '2', executionId: id }]);
    expect(refusal(await post(id, 'approvals', { answer: 'APPROVE', variables: { other: '1' } }))).toMatch(
      /^409 .*no variable other/,
    );
    expect(
      (await post(id, 'approvals', { answer: 'APPROVE', variables: { reason: 'skip' }, comment: 'fine' })).status,
    ).toBe(202);
    const view = await world.settled(id);
    expect(runs(view)).toEqual(['QA SUCCESS', 'Gate SUCCESS', 'Prod SKIPPED']);
    expect(refusal(await post(id, 'approvals', { answer: 'REJECT', step: waiting.header.people[0]?.id }))).toMatch(
      /answered already: approved by/,
    );
  });

  it('is REJECTED by a rejection, and goes on from there in a new execution that is the one of the chain to be seen', async () => {
    const id = await begin(3, 'gated');
    await waits(id);
    await post(id, 'approvals', { answer: 'REJECT', comment: 'not now' });
    const rejected = await world.settled(id);
    expect(rejected.header.status).toBe('REJECTED');
    expect(refusal(await post(id, 'resume-pipeline', { stage: 'Prod' }))).toMatch(/no stage 'Prod' of .* was reached/);
    const next = await go(id, 'resume-pipeline');
    expect((await waits(next)).header).toMatchObject({ resumes: { chain: id, from: id, stage: 'Gate' } });
    expect(refusal(await post(id, 'resume-pipeline'))).toMatch(/goes on with it already/);
    await post(next, 'approvals', { answer: 'APPROVE' });
    const view = await world.settled(next);
    expect(runs(view)).toEqual(['QA SUCCESS', 'Gate SUCCESS', 'Prod SUCCESS']);
    // The stage that was taken over did not run again.
    expect(world.log(0).filter((line) => line.endsWith('web-3.tgz'))).toHaveLength(1);
    const page = z.object({ rows: z.array(z.object({ executionId: z.string() })) });
    const listed = (await world.demand(page, 'GET', '/executions?name=gated')).rows.map((row) => row.executionId);
    expect([listed.includes(next), listed.includes(id)]).toEqual([true, false]);
    const all = (await world.demand(page, 'GET', '/executions?name=gated&resumed=true')).rows.map(
      (row) => row.executionId,
    );
    expect(all).toContain(id);
  });
});

describe('one run of a pipeline', () => {
  it('is aborted alone, by its name, and is not rolled back alone once all has ended', async () => {
    const id = await begin(9, 'gated');
    await waits(id);
    expect(refusal(await post(id, 'abort', { runId: 'Gates' }))).toMatch(/^400 there is no run 'Gates' in/);
    expect(refusal(await post(id, 'rollback', { runId: 'QA' }))).toMatch(/^409 .*it has ended already/);
    expect((await post(id, 'abort', { runId: 'Gate' })).status).toBe(202);
    const view = await world.settled(id);
    expect([view.header.status, ...runs(view)]).toEqual(['ABORTED', 'QA SUCCESS', 'Gate ABORTED', 'Prod SKIPPED']);
    expect(refusal(await post(id, 'rollback', { runId: 'QA' }))).toMatch(/^409 .*alone can be rolled back only while/);
  });
});

describe('runtime inputs', () => {
  it('are asked for, checked, and planned with; a rerun reuses them', async () => {
    const id = await begin(4, 'asking');
    const [asks] = (await waits(id)).header.people;
    expect(asks).toMatchObject({ kind: 'INPUTS', onTimeout: 'EXPIRES' });
    expect(asks?.variables).toContainEqual({
      name: 'note',
      type: 'text',
      required: false,
      default: 'none',
      values: [],
      pattern: '[a-z]+',
      description: 'What for',
    });
    const wrong = await post(id, 'inputs', { values: { Environment: 'qa', Infra: 'first', note: 'N1' } });
    expect(wrong.body).toMatchObject({ failures: [{ field: 'values.note' }] });
    expect(refusal(await post(id, 'inputs', { values: { Environment: 'nowhere', Infra: 'first' } }))).toMatch(
      /there is no environment 'nowhere'/,
    );
    await post(id, 'inputs', { values: { Environment: 'qa', Infra: 'first, second' } });
    const view = await world.settled(id);
    expect(runs(view)).toEqual(['Ask (first) SUCCESS', 'Ask (second) SUCCESS']);
    expect(world.log(1).at(-1)).toBe('installed web-4.tgz');
    const again = await world.settled(await go(id, 'rerun'));
    expect([again.header.status, ...runs(again)]).toEqual(['SUCCESS', 'Ask (first) SUCCESS', 'Ask (second) SUCCESS']);
    expect(world.log(1).slice(-2)).toEqual(['installed web-4.tgz', 'installed web-4.tgz']);
  });

  it('take defaults after their time, or end the stage, which can be resumed', async () => {
    const hasty = await world.deploy(5, 'hasty');
    expect(hasty.header.status).toBe('SUCCESS');
    const late = await world.deploy(5, 'late');
    expect(late.header.status).toBe('EXPIRED');
    const next = await go(late.header.executionId, 'resume-pipeline');
    await waits(next);
    await post(next, 'inputs', { values: {} });
    expect((await world.settled(next)).header.status).toBe('SUCCESS');
  });
});

describe('a stage that fails', () => {
  it('concerns the copy that failed only, and nothing comes after it; resume runs both again', async () => {
    world.fail(1, 6);
    const view = await world.deploy(6, 'copies');
    expect(view.header.status).toBe('FAILED');
    expect(runs(view)).toEqual(['Both (first) SUCCESS', 'Both (second) FAILED', 'Prod SKIPPED']);
    expect(world.log(0).at(-1)).toBe('installed web-6.tgz');
    world.heal(1, 6);
    const next = await world.settled(await go(view.header.executionId, 'resume-pipeline'));
    expect(runs(next)).toEqual(['Both (first) SUCCESS', 'Both (second) SUCCESS', 'Prod SUCCESS']);
    expect(world.log(0).slice(-2)).toEqual(['installed web-6.tgz', 'installed web-6.tgz']);
  });

  it('has the stages before it rolled back, where the pipeline says so', async () => {
    world.fail(1, 7);
    const before = world.log(0).at(-1);
    const view = await world.deploy(7, 'careful');
    expect(view.header.status).toBe('FAILED');
    expect(runs(view)).toEqual(['QA SUCCESS', 'Prod FAILED', 'Rollback QA SUCCESS']);
    expect(world.log(0).slice(-2)).toEqual(['installed web-7.tgz', before]);
  });
});

describe('an approval that rejects older ones', () => {
  it('rejects every older one when the newest is approved', async () => {
    const ids = [await begin(8, 'queue'), await begin(8, 'queue'), await begin(8, 'queue')];
    for (const id of ids) await waits(id);
    const [oldest = '', middle = '', newest = ''] = ids;
    await post(newest, 'approvals', { answer: 'APPROVE' });
    for (const id of [oldest, middle]) expect((await world.settled(id)).header.status).toBe('REJECTED');
    expect((await world.settled(newest)).header.status).toBe('SUCCESS');
  });

  it('leaves newer ones alone', async () => {
    const ids = [await begin(8, 'queue'), await begin(8, 'queue'), await begin(8, 'queue')];
    for (const id of ids) await waits(id);
    const [oldest = '', middle = '', newest = ''] = ids;
    await post(middle, 'approvals', { answer: 'APPROVE' });
    expect((await world.settled(middle)).header.status).toBe('SUCCESS');
    expect((await world.settled(oldest)).header.status).toBe('REJECTED');
    expect((await world.view(newest)).header.status).toBe('WAITING');
    await post(newest, 'abort', { reason: 'enough' });
    expect((await world.settled(newest)).header.status).toBe('ABORTED');
  });
});

describe('an approval by a script', () => {
  const asked = (id: string) =>
    world.until(id, 'is asked', ({ nodes }) =>
      nodes.some((node) => node.attemptId !== null && node.status === 'RUNNING'),
    );
  const says = (answer: string) => writeFileSync(join(world.directory, 'ticket'), answer);

  it('is asked again until it approves, and the pipeline goes on', async () => {
    const id = await begin(50, 'scripted');
    const { nodes } = await asked(id);
    await world.logged(nodes.find((node) => node.attemptId !== null)?.attemptId ?? '', 'asking again in 1s');
    says('APPROVED');
    const view = await world.settled(id);
    expect([view.header.status, ...runs(view)]).toEqual(['SUCCESS', 'Ticket SUCCESS', 'QA SUCCESS']);
  }, 60_000);

  it('rejects, and nothing comes after it; one that is rolled back meanwhile is not asked any more', async () => {
    says('REJECTED');
    const view = await world.settled(await begin(51, 'scripted'));
    expect([view.header.status, ...runs(view)]).toEqual(['REJECTED', 'Ticket REJECTED', 'QA SKIPPED']);
    rmSync(join(world.directory, 'ticket'));
    const id = await begin(52, 'scripted');
    await asked(id);
    expect((await post(id, 'rollback', { reason: 'not today' })).status).toBe(202);
    const stopped = await world.settled(id);
    expect([stopped.header.status, stopped.header.unconfirmed]).toEqual(['FAILED', []]);
  }, 60_000);
});

describe('a pipeline that builds', () => {
  it('deploys exactly what it collected, whatever appears meanwhile, also when it is resumed', async () => {
    const { executionId: id } = await world.demand(started, 'POST', '/executions', { name: 'made' });
    await waits(id);
    // Newer than the one it made, and there before anything is deployed.
    world.publish(MADE + 1);
    await post(id, 'approvals', { answer: 'REJECT' });
    expect((await world.settled(id)).header.status).toBe('REJECTED');
    const next = await go(id, 'resume-pipeline');
    await waits(next);
    world.fail(0, MADE);
    await post(next, 'approvals', { answer: 'APPROVE' });
    expect(runs(await world.settled(next))).toEqual(['Build SUCCESS', 'Gate SUCCESS', 'QA FAILED']);
    world.heal(0, MADE);
    const before = world.log(0).length;
    const last = await world.settled(await go(next, 'resume-pipeline'));
    expect(await goesBackTo(last.header.executionId)).toMatchObject({ holds: true });
    expect(runs(last)).toEqual(['Build SUCCESS', 'Gate SUCCESS', 'QA SUCCESS']);
    expect(last.header.artifacts).toMatchObject([{ service: 'web', build: String(MADE) }]);
    expect(world.log(0).slice(before)).toEqual([`installed web-${MADE}.tgz`]);
    // One that starts afresh looks for the newest again, also when it is a rerun.
    const again = await go(last.header.executionId, 'rerun');
    await waits(again);
    await post(again, 'approvals', { answer: 'APPROVE' });
    expect((await world.settled(again)).header.artifacts).toMatchObject([{ build: String(MADE + 1) }]);
    // It can be taken back: only what has deployed something is.
    const there = world.log(0).length;
    const back = await world.settled(await go(again, 'rollback'));
    expect([back.header.status, world.log(0).slice(there)]).toEqual(['SUCCESS', [`installed web-${MADE}.tgz`]]);
  }, 60_000);
});

describe('what a rollback took back', () => {
  it('is not run again, nor is the rollback; a rerun knows what a rollback of it restores', async () => {
    const variables = { Environment: 'qa', Infra: 'second' };
    const first = await world.deploy(70, 'ship', variables);
    const second = await world.deploy(71, 'ship', variables);
    const again = await go(first.header.executionId, 'rerun');
    expect((await world.settled(again)).header.status).toBe('SUCCESS');
    expect(await goesBackTo(again)).toMatchObject({
      holds: true,
      restores: [{ workflow: 'ship', executionId: second.header.executionId }],
    });
    const back = await go(again, 'rollback', {});
    await world.settled(back);
    expect(
      world
        .log(1)
        .slice(-4)
        .map((line) => line.split(' ')[1]),
    ).toEqual([70, 71, 70, 71].map((build) => `web-${build}.tgz`));
    expect(refusal(await post(again, 'rerun'))).toMatch(new RegExp(`^409 .*it was rolled back by ${back}`));
    expect(refusal(await post(back, 'rerun'))).toMatch(new RegExp(`^409 .*it is the rollback of ${again}`));
    expect((await post(second.header.executionId, 'rerun')).status).toBe(201);
  }, 60_000);
});

describe('a stage that was planned when it was reached', () => {
  it('goes back to what was there before it, and from there to what was there before that', async () => {
    const variables = { Environment: 'qa', Infra: 'second' };
    for (const build of [80, 81]) await world.deploy(build, 'ship', variables);
    const id = await begin(82, 'asking');
    await waits(id);
    await post(id, 'inputs', { values: variables });
    expect((await world.settled(id)).header.status).toBe('SUCCESS');
    const back = await go(id, 'rollback');
    expect((await world.settled(back)).header.status).toBe('SUCCESS');
    const further = await go(back, 'rollback');
    expect((await world.settled(further)).header.status).toBe('SUCCESS');
    expect(world.log(1).slice(-5)).toEqual([80, 81, 82, 81, 80].map((build) => `installed web-${build}.tgz`));
  }, 60_000);
});
