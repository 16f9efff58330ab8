import { describe, expect, it } from 'vitest';
import { failure } from '@fairlead/proto/model/failure.ts';
import { oneStep } from '../../../test/support/plans.ts';
import { failed, Play, toldOf } from '../../../test/support/play.ts';
import { nextDeadline } from '../next-deadline.ts';

const STEP = 'x1/run/p1.0/deploy/install';

/** A step that waits until 9,000, with nothing of it at work. */
function waiting(): Play {
  const play = new Play(oneStep()).run(() => null);
  const why = failure('COMMAND_FAILED', 'exit status 1');
  const wait = { on: 'INTERVENTION', since: 1_000, until: 9_000, failure: why, afterTimeout: 'ABORT' } as const;
  return play.tell([{ event: 'StepWaiting', stepId: STEP, waiting: wait, at: 1_000 }]);
}

const stepOf = (play: Play) => play.execution.runs[0]?.phases[0]?.sections[0]?.steps[0];

describe('a step that waits', () => {
  it('is WAITING, and nothing follows from its attempts', () => {
    const play = waiting().report(() => failed());
    expect(stepOf(play)).toMatchObject({ status: 'WAITING', waiting: { on: 'INTERVENTION', until: 9_000 } });
    expect(toldOf(play.events, 'StepEnded', 'RollbackStarted', 'StepRetried')).toEqual([]);
  });

  it('is over at its time, which is announced', () => {
    const play = waiting().report(() => failed());
    expect(nextDeadline(play.execution)).toBe(9_000);
    play.wait();
    expect(stepOf(play)?.status).not.toBe('WAITING');
    expect(stepOf(play)?.waiting).toBeNull();
  });

  it.each(['abort', 'rollback'] as const)('waits no longer after an %s', (input) => {
    const play = waiting().report(() => failed());
    play.give({ input, actor: 'me', reason: 'enough' });
    expect(stepOf(play)?.waiting).toBeNull();
    expect(nextDeadline(play.execution)).not.toBe(9_000);
  });
});
