import { describe, expect, it } from 'vitest';
import { failure } from '@fairlead/proto/model/failure.ts';
import type { Acknowledgement, Report } from '@fairlead/proto/model/task.ts';
import { ATTEMPT, oneStep } from '../../test/support/plans.ts';
import { Play, succeeded } from '../../test/support/play.ts';
import { acknowledge } from './acknowledge.ts';
import { settledByForce } from './rules/settle-by-force.ts';

const silent = () => null;
const recorded: Acknowledgement = { verdict: 'recorded' };
const refused = (reason: string): Acknowledgement => ({ verdict: 'refused', reason });
const starting: Report = { report: 'starting', attemptId: ATTEMPT, assignment: 1 };
const checkpoint: Report = { report: 'checkpoint', attemptId: ATTEMPT, name: 'before', data: {} };
const why = failure('UNAVAILABLE', 'draining');

const assigned = (): Play => {
  const play = new Play(oneStep());
  play.give({ input: 'agentChosen', attemptId: ATTEMPT, agentId: 'a1', ledgerId: 'l1', sessionId: 's1' });
  return play;
};
const started = (): Play => new Play(oneStep()).run(silent);
const noted = (): Play => {
  const play = started();
  play.give({ input: 'checkpoint', attemptId: ATTEMPT, name: 'before', data: {} });
  return play;
};
const released = (): Play => {
  const play = assigned();
  play.give({ input: 'released', attemptId: ATTEMPT, agentId: 'a1', assignment: 1, failure: why, final: false });
  return play;
};
const moved = (): Play => {
  const play = released();
  play.give({ input: 'agentChosen', attemptId: ATTEMPT, agentId: 'a1', ledgerId: 'l1', sessionId: 's2' });
  return play;
};
const canceled = (): Play => {
  const play = noted();
  play.give({ input: 'abort', actor: 'me', reason: 'enough' });
  return play;
};
const ended = (): Play => {
  const play = noted();
  play.give({ input: 'finished', attemptId: ATTEMPT, result: succeeded });
  return play;
};
const lost = (): Play => {
  const play = started();
  play.give({ input: 'agentLost', attemptId: ATTEMPT, agentId: 'a1', reason: 'gone' });
  return play;
};

describe('the answer to an agent', () => {
  it.each<[string, Report, string, () => Play, Acknowledgement]>([
    ['that may start', starting, 'a1', started, recorded],
    ['that asks before the journal has it as started', starting, 'a1', assigned, refused('it is not yours to start')],
    ['that lost it to nobody yet', starting, 'a1', released, refused('it was given to another agent')],
    ['that is not the one', starting, 'a2', started, refused('it was given to another agent')],
    ['that speaks of an earlier assignment', starting, 'a1', moved, refused('it was given to another agent')],
    ['that comes after an abort', starting, 'a1', canceled, refused('enough')],
    ['that comes after the end', starting, 'a1', ended, refused('it has ended')],
    ['that is held for lost', starting, 'a1', lost, refused('it is not yours to start')],
    ['whose record stands in the journal', checkpoint, 'a1', noted, recorded],
    ['whose record does not', checkpoint, 'a1', started, refused('it was not recorded')],
    ['whose record is about another’s work', checkpoint, 'a2', noted, refused('it was given to another agent')],
    ['whose record comes after an abort', checkpoint, 'a1', canceled, refused('enough')],
    ['whose record comes after the end', checkpoint, 'a1', ended, refused('it has ended')],
  ])('%s', (_, report, agentId, come, answer) => {
    expect(acknowledge(come().execution, agentId, report)).toEqual(answer);
  });

  it.each<Report>([
    { report: 'finished', attemptId: ATTEMPT, result: succeeded },
    { report: 'released', attemptId: ATTEMPT, assignment: 1, failure: why },
  ])('about an end is always yes, so that it may forget: %o', (report) => {
    expect(acknowledge(ended().execution, 'a2', report)).toEqual(recorded);
    expect(acknowledge(null, 'a2', report)).toEqual(recorded);
  });

  it('about an end that could not be decided on is silence, so that it comes again', () => {
    const finished: Report = { report: 'finished', attemptId: ATTEMPT, result: succeeded };
    for (const come of [assigned, started, lost, canceled]) {
      expect(acknowledge(come().execution, 'a1', finished)).toBeNull();
    }
    const givenBack: Report = { report: 'released', attemptId: ATTEMPT, assignment: 1, failure: why };
    expect(acknowledge(assigned().execution, 'a1', givenBack)).toBeNull();
    for (const come of [released, moved, ended]) {
      expect(acknowledge(come().execution, 'a1', givenBack)).toEqual(recorded);
    }
    expect(acknowledge(assigned().execution, 'a2', givenBack)).toEqual(recorded);
    const stranger: Report = { report: 'finished', attemptId: `${ATTEMPT}1`, result: succeeded };
    expect(acknowledge(started().execution, 'a1', stranger)).toEqual(recorded);
  });

  it('about the end of another agent’s attempt is no, so that it forgets what is not its own', () => {
    const finished: Report = { report: 'finished', attemptId: ATTEMPT, result: succeeded };
    for (const come of [assigned, started, lost, canceled, moved]) {
      expect(acknowledge(come().execution, 'a2', finished)).toEqual(refused('it is not yours to end'));
    }
    expect(acknowledge(released().execution, 'a1', finished)).toEqual(refused('it is not yours to end'));
  });

  it('about an end that came after it was settled by force is yes: it is never decided on', () => {
    const play = canceled();
    play.tell(settledByForce(play.execution, 'me', 'seen', play.now));
    const finished: Report = { report: 'finished', attemptId: ATTEMPT, result: succeeded };
    expect(acknowledge(play.execution, 'a1', finished)).toEqual(recorded);
  });

  it.each([starting, checkpoint])('about what nobody knows is no: %o', (report) => {
    expect(acknowledge(null, 'a1', report)).toEqual(refused('there is no such attempt'));
    const unknown = { ...report, attemptId: `${ATTEMPT}1` };
    expect(acknowledge(started().execution, 'a1', unknown)).toEqual(refused('there is no such attempt'));
  });
});
