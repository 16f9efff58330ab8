/** What people ask of an execution and nothing would come of is refused to them, with the reason. */
import { expect, it } from 'vitest';
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import { oneReplica } from '../../test/support/one-replica.ts';
import { onePhase, sectionPlan, simplePlan, stepPlan } from '../../test/support/plans.ts';
import { Play, succeeded } from '../../test/support/play.ts';
import { openAttempts } from '../engine/open-attempts.ts';
import type { Actor } from './authorize.ts';

const ada: Actor = { id: 'key:ada', name: 'ada', kind: 'KEY', rights: ['*'] };

/** Two control planes went down with it. */
async function world(play: Play) {
  const { store, useCases, journal } = oneReplica();
  await journal(play);
  const head = { executionId: 'x1', settled: false, dueAt: null, driver: 'gone', epoch: 1, strikes: 0, createdAt: 0 };
  const broken = (id: ExecutionId) => store.heads.insert({ ...head, executionId: id, parked: 'two went down' });
  const events = async () => (await useCases.getJournal(ada, 'x1', { after: 0, limit: 100 })).records.length;
  return { useCases, broken, events };
}

const approval = (): Play => {
  const parameters = { groups: ['ops'], inputs: {}, autoReject: false };
  const ok = stepPlan('ok', { type: 'APPROVAL', runs: 'decided', deploys: false, parameters });
  return new Play(onePhase([sectionPlan('gate', [ok])])).run();
};
const working = (): Play => new Play(simplePlan()).run(() => null);

it('an answer to an approval of what is broken', async () => {
  const { useCases, broken, events } = await world(approval());
  await broken('x1');
  const answer = useCases.answerApproval(ada, 'x1', { answer: 'APPROVE', comment: '', variables: {} });
  await expect(answer).rejects.toThrow('it is broken: it can only be aborted (two went down)');
  expect(await events()).toBe(1);
});

it('the rollback of what is broken', async () => {
  const { useCases, broken, events } = await world(working());
  await broken('x1');
  await expect(useCases.rollback(ada, 'x1', '')).rejects.toThrow('it is broken: it can only be aborted');
  expect(await events()).toBe(1);
});

it('the outcome of an attempt that is not lost, or that there is not', async () => {
  const play = working();
  const [attempt] = play.execution.runs.flatMap(openAttempts);
  const id = attempt?.id ?? '';
  const { useCases, events } = await world(play);
  const say = (attemptId: string) => useCases.resolveUnknown(ada, attemptId, 'SUCCESS', '');
  await expect(say(id)).rejects.toThrow(`${id}: its agent is known to have it`);
  await expect(say('x1/run/nothing')).rejects.toThrow('there is no attempt x1/run/nothing');
  expect(await events()).toBe(1);
  const ended = (await world(new Play(simplePlan()).finish(() => succeeded))).useCases;
  await expect(ended.resolveUnknown(ada, id, 'FAILED', '')).rejects.toThrow(`${id}: it ended SUCCESS`);
});
