import { expect, it } from 'vitest';
import { failure } from '@fairlead/proto/model/failure.ts';
import { agentStep, oneStep, sectionPlan, simplePlan } from '../../test/support/plans.ts';
import { failed, Play, succeeded } from '../../test/support/play.ts';
import { headerOf } from './execution-header.ts';
import { viewOf } from './execution-view.ts';

const STEP = 'x1/run/p1.0/deploy/install';

it('is WAITING once nothing works any more and a step waits', () => {
  const play = new Play(oneStep()).run(() => null);
  const why = failure('COMMAND_FAILED', 'exit status 1');
  const waiting = { on: 'INTERVENTION', since: 1_000, until: 9_000, failure: why, afterTimeout: 'ABORT' } as const;
  play.tell([{ event: 'StepWaiting', stepId: STEP, waiting, at: 1_000 }]);
  expect(headerOf(play.execution).status).toBe('RUNNING');
  play.report(() => failed());
  const { header, nodes } = viewOf(play.execution, 1, (id) => id);
  expect([header.status, header.waiting]).toEqual([
    'WAITING',
    "step 'install': a person must decide what follows from: exit status 1",
  ]);
  expect(nodes.filter((node) => node.status === 'WAITING').map((node) => node.kind)).toEqual(['run', 'step']);
});

it('names the locks that it waits for: their keys are made of ids', () => {
  const lock = { keys: ['app/env/inf/svc', 'app/env/inf/gone'], queueLimit: 20, timeoutMs: 60_000 };
  const play = new Play(simplePlan({ run: { lock } }));
  const names = { 'app/env/inf/svc': 'shop/prod/dc1/web', 'app/env/inf/gone': 'shop/prod/dc1/gone' };
  expect(play.commands).toMatchObject([{ command: 'acquireLock', names }]);
  const answer = { state: 'QUEUED', position: 3 } as const;
  play.give({ input: 'lockAnswered', runId: 'x1/run', requestId: 'x1/run', answer });
  expect(headerOf(play.execution)).toMatchObject({
    status: 'QUEUED',
    waiting: 'waiting for the lock of shop/prod/dc1/web, shop/prod/dc1/gone, 2 before it in the queue',
  });
});

it('waits for no lock while what was provisioned before it is taken back', () => {
  const lock = { keys: ['k'], queueLimit: 20, timeoutMs: 60_000 };
  const around = { pre: sectionPlan('pre', [agentStep('make')]), undoPre: sectionPlan('undo', [agentStep('make')]) };
  const play = new Play(simplePlan({ run: { lock, ...around } }));
  for (const command of ['assign', 'offer']) {
    for (const each of play.commands) if (each.command === command) play.carryOut(each, () => succeeded);
  }
  play.give({
    input: 'lockAnswered',
    runId: 'x1/run',
    requestId: 'x1/run',
    answer: { state: 'QUEUED', position: 2 },
  });
  expect(headerOf(play.execution).waiting).toContain('waiting for the lock');
  play.give({ input: 'rollback', actor: 'ada', reason: 'enough' });
  expect(headerOf(play.execution)).toMatchObject({ status: 'ROLLING_BACK', waiting: null });
});
