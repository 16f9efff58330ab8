import { describe, expect, it } from 'vitest';
import { failure } from '@fairlead/proto/model/failure.ts';
import {
  agentStep,
  hostNamed,
  onFailure,
  phasePlan,
  plan,
  runPlan,
  sectionPlan,
  stepPlan,
} from '../../../test/support/plans.ts';
import { failed, failedWith, Play, succeeded, toldOf } from '../../../test/support/play.ts';
import type { Plan, RunPlan, StepPlan } from '../plan.ts';
import { groupAt } from '../barrier-group.ts';

const barrier = (identifier = 'done', more: Partial<StepPlan> = {}): StepPlan =>
  stepPlan(`at-${identifier}`, {
    type: 'BARRIER',
    parameters: { identifier },
    runs: 'decided',
    deploys: false,
    timeoutMs: 600_000,
    ...more,
  });

/** Deploys, meets the others, cleans up; undone by `undo`. */
const party = (name: string, more: Partial<RunPlan> = {}, steps: readonly StepPlan[] = [barrier()]): RunPlan =>
  runPlan(
    [
      phasePlan(
        'p1',
        [
          sectionPlan('deploy', [stepPlan('install')]),
          sectionPlan('meet', steps),
          sectionPlan('wrap', [agentStep('clean')]),
        ],
        {
          hosts: [hostNamed(`${name}-1`)],
          rollback: [sectionPlan('back', [stepPlan('undo')], { undoes: 'deploy' })],
        },
      ),
    ],
    { id: name, workflow: { id: name, name: name.toUpperCase() }, ...more },
  );

const parties = (...runs: readonly RunPlan[]): Plan =>
  plan([], { kind: 'PIPELINE', stages: [{ id: 's1', name: 'both', runs }] });

const FE = 'x1/fe/p1.0/deploy/install@fe-1#1';
const BE = 'x1/be/p1.0/deploy/install@be-1#1';
const AT_FE = 'x1/fe/p1.0/meet/at-done';
const AT_BE = 'x1/be/p1.0/meet/at-done';
const silent = () => null;
const only =
  (...ids: readonly string[]) =>
  (id: string) =>
    ids.includes(id) ? succeeded : null;
const barriers = (play: Play) => toldOf(play.events, 'BarrierPassed', 'BarrierFailed');
const statusOf = (play: Play, id: string) => play.execution.runs.find((run) => run.id === id)?.status;
const stepOf = (play: Play, id: string) =>
  play.execution.runs
    .flatMap((run) => run.phases.flatMap((phase) => phase.sections.flatMap((section) => section.steps)))
    .find((step) => step.id === id);
/** FE has arrived, BE still deploys. */
const oneArrived = (fe: Partial<RunPlan> = {}, be: Partial<RunPlan> = {}) =>
  new Play(parties(party('fe', fe), party('be', be))).run(only(FE));

describe('a barrier', () => {
  it('lets the first wait, and all go on in one decision', () => {
    const play = oneArrived();
    expect(stepOf(play, AT_FE)).toMatchObject({
      status: 'WAITING',
      waiting: { on: 'BARRIER', since: 1_000, until: 601_000, identifier: 'done' },
    });
    expect(barriers(play)).toEqual([]);
    const events = play.give({ input: 'finished', attemptId: BE, result: succeeded });
    expect(toldOf(events, 'BarrierPassed')).toEqual([`BarrierPassed s1 done [${AT_FE},${AT_BE}]`]);
    expect(stepOf(play, AT_FE)).toMatchObject({ status: 'SUCCESS', waiting: null });
    expect(stepOf(play, AT_BE)).toMatchObject({ status: 'SUCCESS', waiting: null });
    expect(play.finish().execution.status).toBe('SUCCESS');
  });

  it('has no effect without company', () => {
    const play = new Play(parties(party('fe'))).finish();
    expect(play.execution.status).toBe('SUCCESS');
    expect(play.now).toBe(1_000);
  });

  it('is another one in another stage', () => {
    const stages = [
      { id: 's1', name: 'one', runs: [party('fe')] },
      { id: 's2', name: 'two', runs: [party('be')] },
    ];
    expect(new Play(plan([], { stages })).finish().execution.status).toBe('SUCCESS');
  });

  it('is another one with another identifier', () => {
    const play = new Play(parties(party('fe'), party('be', {}, [barrier('other')]))).run(only(FE));
    expect(stepOf(play, AT_FE)).toMatchObject({ status: 'SUCCESS' });
  });

  it('is not passed by a build that fails before it, which goes nowhere back', () => {
    const play = oneArrived({}, { type: 'BUILD', failureStrategies: [] });
    play.give({ input: 'finished', attemptId: BE, result: failedWith('UNREACHABLE') });
    expect(barriers(play)).toEqual([expect.stringContaining('BarrierFailed s1 done')]);
    expect(stepOf(play, AT_FE)).toMatchObject({ status: 'FAILED', failure: { code: 'UNREACHABLE' } });
    expect(statusOf(play.finish(), 'x1/fe')).toBe('FAILED');
  });

  it('fails those who wait with the failure of the peer, each rolls back by its own strategy', () => {
    const play = oneArrived();
    play.give({ input: 'finished', attemptId: BE, result: failedWith('UNREACHABLE') });
    expect(stepOf(play, AT_FE)).toMatchObject({
      status: 'FAILED',
      failure: { code: 'UNREACHABLE', message: 'peer BE failed: it went wrong' },
    });
    play.finish();
    expect([statusOf(play, 'x1/fe'), statusOf(play, 'x1/be'), play.execution.status]).toEqual([
      'FAILED',
      'FAILED',
      'FAILED',
    ]);
    expect(toldOf(play.events, 'RollbackEnded').toSorted()).toEqual([
      'RollbackEnded be SUCCESS',
      'RollbackEnded fe SUCCESS',
    ]);
  });

  it('calls each by the name of its stage: copies of a workflow have one name otherwise', () => {
    const play = oneArrived({ name: 'Ship (one)' }, { name: 'Ship (two)' });
    expect(groupAt(play.execution, 's1', 'done').map((each) => each.name)).toEqual(['Ship (one)', 'Ship (two)']);
    play.give({ input: 'finished', attemptId: BE, result: failed() });
    expect(stepOf(play, AT_FE)?.failure?.message).toBe('peer Ship (two) failed: exit status 1');
  });

  it('lets a peer that ignores failures of that kind go on alone', () => {
    const ignore = [onFailure('IGNORE', { types: ['CONNECTIVITY'] })];
    const play = oneArrived({ failureStrategies: ignore });
    play.give({ input: 'finished', attemptId: BE, result: failedWith('UNREACHABLE') });
    play.finish();
    expect([statusOf(play, 'x1/fe'), statusOf(play, 'x1/be')]).toEqual(['SUCCESS', 'FAILED']);
  });

  it('fails who comes after a peer has failed', () => {
    const play = new Play(parties(party('fe'), party('be'))).run(silent);
    play.give({ input: 'finished', attemptId: BE, result: failed() });
    expect(barriers(play)).toEqual([]);
    play.give({ input: 'finished', attemptId: FE, result: succeeded });
    expect(barriers(play)).toEqual(['BarrierFailed s1 done be COMMAND_FAILED: peer BE failed: exit status 1']);
    expect(stepOf(play, AT_FE)).toMatchObject({ status: 'FAILED' });
  });

  it('waits for a peer that tries again', () => {
    const again = onFailure('RETRY', { retry: { count: 1, intervalsMs: [30_000] } });
    const play = oneArrived({}, { failureStrategies: [again] });
    play.give({ input: 'finished', attemptId: BE, result: failed() });
    expect(stepOf(play, AT_FE)).toMatchObject({ status: 'WAITING' });
    play.pass(30_000);
    expect(play.finish().execution.status).toBe('SUCCESS');
  });

  it('does not take an ignored failure for a failure', () => {
    const play = oneArrived({}, { failureStrategies: [onFailure('IGNORE')] });
    play.give({ input: 'finished', attemptId: BE, result: failed() });
    expect(barriers(play)).toEqual([`BarrierPassed s1 done [${AT_FE},${AT_BE}]`]);
  });

  it('opens when the peer skips its own', () => {
    const play = new Play(parties(party('fe'), party('be', {}, [barrier('done', { skip: 'true' })]))).run(only(FE));
    expect(barriers(play)).toEqual([]);
    play.give({ input: 'finished', attemptId: BE, result: succeeded });
    expect(barriers(play)).toEqual([`BarrierPassed s1 done [${AT_FE}]`]);
  });

  it('keeps the others together when one of three skips', () => {
    const third = party('db', {}, [barrier('done', { skip: 'true' })]);
    const play = new Play(parties(party('fe'), party('be'), third)).run(only(FE, 'x1/db/p1.0/deploy/install@db-1#1'));
    expect(stepOf(play, AT_FE)).toMatchObject({ status: 'WAITING' });
    expect(groupAt(play.execution, 's1', 'done').map((each) => each.state)).toEqual(['ARRIVED', 'AWAITED', 'GONE']);
  });

  it('is waited at for no longer than told; that is a failure of the one whose time is over, and so of the rest', () => {
    const play = new Play(
      parties(party('fe', {}, [barrier('done', { timeoutMs: 60_000 })]), party('be'), party('db')),
    ).run(only(FE, BE));
    expect(play.pass(59_999)).toEqual([]);
    play.wait();
    expect(stepOf(play, AT_FE)).toMatchObject({ status: 'FAILED', failure: { code: 'BARRIER_TIMEOUT' } });
    expect(stepOf(play, AT_BE)).toMatchObject({
      status: 'FAILED',
      failure: {
        code: 'BARRIER_TIMEOUT',
        message: "peer FE failed: not everybody arrived at the barrier 'done' in time",
      },
    });
  });

  it('lets go of one whose ignored time is over', () => {
    const patient = [onFailure('IGNORE', { types: ['TIMEOUT'] })];
    const play = new Play(
      parties(party('fe', { failureStrategies: patient }, [barrier('done', { timeoutMs: 10 })]), party('be')),
    ).run(only(FE));
    play.pass(10);
    play.run().report();
    expect(play.finish().execution.status).toBe('SUCCESS');
  });

  it('is not reopened by what fails after it', () => {
    const play = new Play(parties(party('fe'), party('be'))).finish((id) =>
      id.startsWith('x1/be') && id.includes('clean') ? failed(false) : succeeded,
    );
    expect([statusOf(play, 'x1/fe'), statusOf(play, 'x1/be')]).toEqual(['SUCCESS', 'FAILED']);
  });

  it('is left at once by an abort of everything', () => {
    const play = oneArrived();
    play.give({ input: 'abort', actor: 'me', reason: 'enough' });
    play.run();
    expect(stepOf(play, AT_FE)).toMatchObject({ status: 'ABORTED', waiting: null });
    expect(barriers(play)).toEqual([]);
    expect(play.finish().execution.status).toBe('ABORTED');
  });

  it('fails the others when one of them is aborted', () => {
    const play = oneArrived();
    play.give({ input: 'abort', actor: 'me', reason: 'enough', runId: 'x1/be' });
    expect(stepOf(play, AT_FE)).toMatchObject({ failure: { message: 'peer BE failed: it was aborted: enough' } });
    play.finish();
    expect([statusOf(play, 'x1/fe'), statusOf(play, 'x1/be')]).toEqual(['FAILED', 'ABORTED']);
  });

  it('fails the others when the one that waits is rolled back', () => {
    const play = oneArrived();
    play.give({ input: 'rollback', actor: 'me', reason: 'back', runId: 'x1/fe' });
    expect(stepOf(play, AT_FE)).toMatchObject({ status: 'FAILED', waiting: null });
    play.report();
    expect(stepOf(play, AT_BE)).toMatchObject({ failure: { message: 'peer FE failed: back' } });
    expect(play.finish().execution.status).toBe('FAILED');
  });

  it('is passed once by a rolling workflow, however many batches come there', () => {
    const batches = party('fe');
    const rolling = {
      ...batches,
      phases: batches.phases.map((phase) => ({
        ...phase,
        rolling: true,
        hosts: ['a', 'b'].map(hostNamed),
        sections: [
          sectionPlan('infra', [
            stepPlan('pick', { type: 'SELECT_NODES', parameters: { count: 1, exclude: true }, runs: 'decided' }),
          ]),
          ...phase.sections,
        ],
      })),
    };
    const play = new Play(parties(rolling, party('be'))).finish();
    expect(play.execution.status).toBe('SUCCESS');
    expect(barriers(play)).toHaveLength(1);
  });

  it('that crosses another one fails both at once, and does not wait for their times', () => {
    const first = party('fe', {}, [barrier('a'), barrier('b')]);
    const second = party('be', {}, [barrier('b'), barrier('a')]);
    const play = new Play(parties(first, second)).finish();
    expect(play.execution.runs.map((run) => run.failure?.code)).toEqual(['DEADLOCK', 'DEADLOCK']);
    expect(play.now).toBe(1_000);
  });

  it('waits for nobody who went past it without a host', () => {
    const meet = [sectionPlan('meet', [barrier()])];
    const past = runPlan(
      [
        phasePlan('p1', meet, { skipped: 'no host is left' }),
        phasePlan('p2', [sectionPlan('deploy', [stepPlan('install')])], { hosts: [hostNamed('fe-1')] }),
      ],
      { id: 'fe', workflow: { id: 'fe', name: 'FE' } },
    );
    const play = new Play(parties(past, party('be'))).run(only(BE));
    expect(stepOf(play, AT_BE)).toMatchObject({ status: 'SUCCESS' });
    expect(statusOf(play, 'x1/fe')).toBe('RUNNING');
  });

  it.each(['pre', 'post'] as const)('may stand in %s-deployment', (where) => {
    const fe = party('fe', { [where]: sectionPlan('meet', [barrier()]) }, [agentStep('nothing')]);
    const play = new Play(parties(fe, party('be'))).run((id) => (id === BE ? null : succeeded));
    expect(stepOf(play, `x1/fe/${where}.0/meet/at-done`)).toMatchObject({ status: 'WAITING' });
    expect(play.report().finish().execution.status).toBe('SUCCESS');
  });

  it('is told from one of the same place in another phase', () => {
    const meet = (identifier: string) => sectionPlan('meet', [barrier(identifier, { id: 'at' })]);
    const deploy = sectionPlan('deploy', [stepPlan('install')]);
    const fe = runPlan(
      [
        phasePlan('p1', [meet('early'), deploy], { hosts: [hostNamed('fe-1')] }),
        phasePlan('p2', [meet('done')], { hosts: [hostNamed('fe-1')] }),
      ],
      { id: 'fe', workflow: { id: 'fe', name: 'FE' } },
    );
    const play = new Play(parties(fe, party('be'))).run(only(BE));
    expect(stepOf(play, 'x1/fe/p1.0/meet/at')).toMatchObject({ status: 'SUCCESS' });
    expect(stepOf(play, AT_BE)).toMatchObject({ status: 'WAITING' });
    play.give({ input: 'finished', attemptId: FE, result: succeeded });
    expect(stepOf(play, AT_BE)).toMatchObject({ status: 'SUCCESS' });
  });

  it('waits for a run that is not planned yet, unless that ends without a plan', () => {
    const play = new Play(parties(party('fe'), runPlan([], { id: 'be', deferred: true }))).run();
    expect(groupAt(play.execution, 's1', 'done').map((each) => each.state)).toEqual(['ARRIVED', 'AWAITED']);
    play.give({ input: 'runUnplannable', runId: 'x1/be', failures: [failure('NO_ARTIFACT', 'no build')] });
    expect(stepOf(play, AT_FE)).toMatchObject({ status: 'SUCCESS' });
    expect(groupAt(play.execution, 's1', 'done').map((each) => each.state)).toEqual(['GONE']);
  });

  it('goes on being waited at during a pause in which the time of one is over; it fails all when it is resumed', () => {
    const impatient = party('fe', {}, [barrier('done', { timeoutMs: 10 })]);
    const play = new Play(parties(impatient, party('be'), party('db'))).run(only(FE, BE));
    play.give({ input: 'pause', actor: 'me', reason: '' });
    play.pass(10);
    expect(stepOf(play, AT_FE)).toMatchObject({ status: 'FAILED', failure: { code: 'BARRIER_TIMEOUT' } });
    expect(stepOf(play, AT_BE)).toMatchObject({ status: 'WAITING' });
    play.give({ input: 'resume', actor: 'me' });
    expect(stepOf(play, AT_BE)?.failure?.message).toMatch('peer FE failed');
    expect(stepOf(play, AT_FE)?.failure?.message).toMatch('not everybody arrived');
  });

  it('opens though another one is still waited at', () => {
    const other = [barrier('other')];
    const play = new Play(parties(party('fe'), party('be'), party('db', {}, other), party('mq', {}, other))).run(
      only(FE, BE, 'x1/db/p1.0/deploy/install@db-1#1'),
    );
    expect(barriers(play)).toEqual([`BarrierPassed s1 done [${AT_FE},${AT_BE}]`]);
    expect(stepOf(play, 'x1/db/p1.0/meet/at-other')).toMatchObject({ status: 'WAITING' });
  });

  it('was not passed in a stage where it was only passed before', () => {
    const stages = [
      { id: 's1', name: 'one', runs: [party('one')] },
      { id: 's2', name: 'two', runs: [party('fe'), party('be')] },
    ];
    const play = new Play(plan([], { stages })).run((id) => (id === BE ? null : succeeded));
    expect(toldOf(play.events, 'BarrierPassed')).toEqual(['BarrierPassed s1 done [x1/one/p1.0/meet/at-done]']);
    expect(stepOf(play, AT_FE)).toMatchObject({ status: 'WAITING' });
  });

  it('fails once, and with it whoever comes later', () => {
    const play = new Play(parties(party('fe'), party('be'), party('db'))).run(only(FE));
    play.give({ input: 'finished', attemptId: BE, result: failed() });
    play.give({ input: 'finished', attemptId: 'x1/db/p1.0/deploy/install@db-1#1', result: succeeded });
    expect(stepOf(play, 'x1/db/p1.0/meet/at-done')).toMatchObject({ status: 'FAILED' });
    expect(toldOf(play.events, 'BarrierFailed')).toHaveLength(1);
  });

  it('is nothing that a step waits at which waits for a person', () => {
    const asked = [onFailure('MANUAL_INTERVENTION')];
    const play = new Play(parties(party('fe', { failureStrategies: asked }))).run(() => failed());
    expect(stepOf(play, 'x1/fe/p1.0/deploy/install')).toMatchObject({ status: 'WAITING' });
    expect(barriers(play)).toEqual([]);
  });

  it('awaits nobody who has passed it', () => {
    const play = new Play(parties(party('fe'), party('be'))).run((id) => (id.includes('clean') ? null : succeeded));
    expect(barriers(play)).toHaveLength(1);
    expect(groupAt(play.execution, 's1', 'done')).toMatchObject([
      { state: 'GONE', step: null },
      { state: 'GONE', step: null },
    ]);
  });

  it('is another step when it is of another kind', () => {
    const script = stepPlan('at-done', {
      parameters: { script: 'true', shell: 'sh', on: 'hosts', identifier: 'done' },
    });
    const play = new Play(parties(party('fe'), party('be', {}, [script]))).run(only(FE));
    expect(stepOf(play, AT_FE)).toMatchObject({ status: 'SUCCESS' });
  });

  it('without a name fails who comes there', () => {
    const nameless = barrier('done', { name: 'meet', parameters: {} });
    const play = new Play(parties(party('fe', {}, [nameless]))).run();
    expect(stepOf(play, AT_FE)).toMatchObject({
      status: 'FAILED',
      skipped: null,
      failure: { code: 'INVALID_INPUT', message: "the barrier 'meet' has no identifier" },
    });
  });

  it('fails those who wait with whatever else the failure of the peer says', () => {
    const play = oneArrived();
    const why = failure('COMMAND_FAILED', 'exit status 7', { details: { status: 7 } });
    play.give({ input: 'finished', attemptId: BE, result: { outcome: 'FAILED', failure: why, touched: true } });
    expect(stepOf(play, AT_FE)?.failure?.details).toEqual({ status: 7, peer: 'x1/be' });
  });
});
