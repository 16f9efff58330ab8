import { describe, expect, it } from 'vitest';
import { hostNamed, phasePlan, plan, runPlan, sectionPlan, stepPlan } from '../../../test/support/plans.ts';
import { failed, Play, succeeded, toldOf } from '../../../test/support/play.ts';

/** The run that takes back a deployment of three phases. */
const undoing = plan(
  [
    runPlan(
      ['p3', 'p2', 'p1'].map((id) =>
        phasePlan(id, [sectionPlan('undo', [stepPlan('undo'), stepPlan('check')])], { hosts: [hostNamed('h1')] }),
      ),
      { undoing: true },
    ),
  ],
  { holds: true },
);

describe('a run that takes back another', () => {
  it('goes on with the older phase after a failing one, and rolls nothing back itself', () => {
    const play = new Play(undoing).finish((id) => (id.includes('p2.0/undo/undo') ? failed() : succeeded));
    expect(toldOf(play.events, 'StepStarted', 'PhaseEnded', 'RollbackStarted', 'RunEnded')).toEqual([
      'StepStarted run/p3.0/undo/undo [h1]',
      'StepStarted run/p3.0/undo/check [h1]',
      'PhaseEnded run/p3.0 SUCCESS',
      'StepStarted run/p2.0/undo/undo [h1]',
      'PhaseEnded run/p2.0 FAILED',
      'StepStarted run/p1.0/undo/undo [h1]',
      'StepStarted run/p1.0/undo/check [h1]',
      'PhaseEnded run/p1.0 SUCCESS',
      'RunEnded run FAILED COMMAND_FAILED: exit status 1',
    ]);
  });

  it('without a step that ran has taken nothing back', () => {
    const skipped = sectionPlan('undo', [stepPlan('undo', { skip: 'true' })]);
    expect(new Play(plan([runPlan([phasePlan('p1', [skipped])], { undoing: true })])).finish().execution.status).toBe(
      'SKIPPED',
    );
  });

  it('is ended by an abort', () => {
    const play = new Play(undoing).run((id) => (id.includes('p2.0') ? null : succeeded));
    play.give({ input: 'abort', actor: 'me', reason: 'enough' });
    expect(play.finish().execution.status).toBe('ABORTED');
  });

  it('asks for a hold as soon as it begins, and settles no earlier', () => {
    const play = new Play(undoing);
    const wanted = play.commands.filter(({ command }) => command === 'writeHold');
    expect(wanted).toEqual([{ command: 'writeHold', id: 'x1/run/hold', runId: 'x1/run' }]);
    for (let before = -1; before !== play.events.length;) {
      before = play.events.length;
      for (const each of play.commands) if (each.command !== 'writeHold') play.carryOut(each, () => succeeded);
    }
    expect(play.execution).toMatchObject({ status: 'SUCCESS', summaryWritten: true, settled: false });
    expect(toldOf(play.give({ input: 'holdWritten', runId: 'x1/run' }), 'HoldWritten', 'Settled')).toEqual([
      'HoldWritten run',
      'Settled',
    ]);
    expect(play.give({ input: 'holdWritten', runId: 'x1/run' })).toEqual([]);
  });
});

describe('a hold', () => {
  const failing = plan(
    [
      runPlan([
        phasePlan('p1', [sectionPlan('deploy', [stepPlan('install')])], {
          hosts: [hostNamed('h1')],
          rollback: [sectionPlan('undo', [stepPlan('undo')], { undoes: 'deploy' })],
        }),
      ]),
    ],
    { holds: true },
  );

  it('is not written by an execution that was planned without', () => {
    const play = new Play({ ...failing, holds: false }).finish((id) => (id.includes('install') ? failed() : succeeded));
    expect(toldOf(play.events, 'HoldWritten')).toEqual([]);
  });

  it('is written when something is taken back', () => {
    const play = new Play(failing).finish((id) => (id.includes('install') ? failed() : succeeded));
    expect(toldOf(play.events, 'HoldWritten')).toEqual(['HoldWritten run']);
    expect(play.execution.runs[0]?.held).toBe(true);
  });

  it('is not written when there was nothing to take back', () => {
    const play = new Play(failing).finish(() => failed(false));
    expect(toldOf(play.events, 'HoldWritten', 'RollbackEnded')).toEqual(['RollbackEnded run NOTHING']);
  });

  it('is not written for a run that is not in it', () => {
    expect(new Play(failing).give({ input: 'holdWritten', runId: 'x1/other' })).toEqual([]);
  });
});
