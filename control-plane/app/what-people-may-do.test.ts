/**
 * The one table: from every status an execution can be seen in, each thing that people can ask of it works, stands already,
 * or is refused with the reason. A kind of waiting without a row does not compile; a status without one fails.
 */
import { describe, expect, it } from 'vitest';
import { isTerminal, STATUS_NAMES, type Status } from '@fairlead/proto/model/status.ts';
import {
  hostNamed,
  oneStep,
  onFailure,
  onePhase,
  phasePlan,
  plan,
  retryTimes,
  runPlan,
  sectionPlan,
  simplePlan,
  stepPlan,
} from '../../test/support/plans.ts';
import { failed, Play, succeeded, type Script } from '../../test/support/play.ts';
import type { Event } from '../engine/events.ts';
import type { Input } from '../engine/inputs.ts';
import type { Plan, RunPlan } from '../engine/plan.ts';
import { park } from '../engine/rules/park.ts';
import type { Waiting } from '../engine/waiting.ts';
import { headerOf } from './execution-header.ts';

const ASKED = ['abort', 'pause', 'resume', 'rollback', 'intervene'] as const;
type Asked = (typeof ASKED)[number];

const STEP = 'x1/run/p1.0/deploy/install';
const UNDO = 'x1/run/p1.0.rollback/undo-deploy/undo';

const INPUTS: Readonly<Record<Asked, (stepId: string) => Input>> = {
  abort: () => ({ input: 'abort', actor: 'me', reason: 'enough' }),
  pause: () => ({ input: 'pause', actor: 'me', reason: '' }),
  resume: () => ({ input: 'resume', actor: 'me' }),
  rollback: () => ({ input: 'rollback', actor: 'me', reason: '' }),
  intervene: (stepId) => ({ input: 'intervene', stepId, action: 'IGNORE', actor: 'me', reason: '' }),
};

/** By what it is seen that it worked. A rollback of what only waits for its lock is an abort (orchestration 10.5). */
const DONE: Readonly<Record<Asked, readonly Event['event'][]>> = {
  abort: ['AbortRequested', 'RunEnded'],
  pause: ['PauseRequested'],
  resume: ['Resumed'],
  rollback: ['RollbackStarted', 'AbortRequested', 'RollbackAsked'],
  intervene: ['InterventionAnswered'],
};

/** WORKS, STANDS (it was asked for before, and nothing more follows), or why it is refused. */
type Cell = 'WORKS' | 'STANDS' | `no: ${string}`;

interface Row extends Readonly<Record<Asked, Cell>> {
  readonly shown: Status;
  readonly come: () => Play;
  /** Whom an intervention is for. */
  readonly step?: string;
}

const silent: Script = () => null;
const NOT_WAITING = "no: the step 'install' does not wait for a decision";
const UNREACHED = `no: there is no step ${STEP} in it, or it was not reached yet`;
const ENDED = 'no: it has ended already';
const BROKEN = 'no: it is broken: it can only be aborted';

const give = (play: Play, ...inputs: readonly Input[]): Play => {
  for (const input of inputs) play.give(input);
  return play;
};
const running = (): Play => new Play(simplePlan()).run(silent);
const paused = (): Play => give(running(), INPUTS.pause(''));
const rollingBack = (): Play =>
  new Play(simplePlan()).run((id) => (id.includes('/undo@') ? null : id.includes('/check@') ? failed() : succeeded));
const queued = (): Play => {
  const lock = { keys: ['k'], queueLimit: 9, timeoutMs: 9_000 };
  const answer = { state: 'QUEUED', position: 1 } as const;
  const play = new Play(onePhase([sectionPlan('deploy', [stepPlan('install')])], { run: { lock } }));
  return give(play, { input: 'lockAnswered', runId: 'x1/run', requestId: 'x1/run', answer });
};
const intervention = (): Play =>
  new Play(oneStep({}, { failureStrategies: [onFailure('MANUAL_INTERVENTION')] })).run(() => failed());
const approval = (): Play =>
  new Play(
    oneStep({
      type: 'APPROVAL',
      parameters: { groups: ['ops'], inputs: {}, autoReject: false },
      runs: 'decided',
    }),
  );
const barrier = (): Play => {
  const meet = stepPlan('at-done', { type: 'BARRIER', parameters: { identifier: 'done' }, runs: 'decided' });
  const party = (id: string) =>
    runPlan(
      [
        phasePlan('p1', [sectionPlan('deploy', [stepPlan('install')]), sectionPlan('meet', [meet])], {
          hosts: [hostNamed(id)],
        }),
      ],
      { id },
    );
  const meeting = plan([], { stages: [{ id: 's1', name: 'both', runs: [party('run'), party('other')] }] });
  return new Play(meeting).run((id) => (id.startsWith('x1/run/') ? succeeded : null));
};

const permits = (): Play => {
  const guard = { id: 'g1', capacity: 1, strategy: 'FIFO' };
  const parameters = { constraint: 'deploys', guard };
  const take = stepPlan('take', { type: 'RESOURCE_CONSTRAINT', parameters, runs: 'decided' });
  return new Play(onePhase([sectionPlan('share', [take]), sectionPlan('deploy', [stepPlan('install')])]));
};

const pipeline = (first: RunPlan, more: Partial<Plan> = {}): Plan =>
  plan([], {
    kind: 'PIPELINE',
    stages: [
      { id: 's1', name: 'first', runs: [first] },
      { id: 's2', name: 'last', runs: [oneRun('b')] },
    ],
    ...more,
  });
const oneRun = (id: string): RunPlan =>
  runPlan([phasePlan('p1', [sectionPlan('deploy', [stepPlan('install')])])], { id });
const variable = { name: 'note', type: 'text', required: true, default: null, values: [], description: '' } as const;
const inputs = { variables: [variable], timeoutMs: 5_000, onTimeout: 'END', groups: [] } as const;
const asking = (): Play => new Play(pipeline(runPlan([], { id: 'run', deferred: true, inputs }))).run();
const planning = (): Play =>
  give(asking(), { input: 'giveInputs', runId: 'x1/run', values: { note: 'x' }, actor: 'me' });
const gate = (): Play => {
  const parameters = { groups: ['ops'], inputs: {}, autoReject: false };
  const step = stepPlan('install', { type: 'APPROVAL', parameters, runs: 'decided' });
  return new Play(pipeline(runPlan([], { id: 'run', type: 'APPROVAL', pre: sectionPlan('pre', [step]) })));
};
/** The second stage failed, and the first is being taken back. */
const takingBack = (): Play => {
  const [simple] = simplePlan().stages[0]?.runs ?? [];
  if (simple === undefined) throw new Error('no run');
  return new Play(pipeline({ ...simple, id: 'run' }, { rollbackOnFailure: true })).run((id) =>
    id.startsWith('x1/runu/') ? null : id.startsWith('x1/b/') ? failed() : succeeded,
  );
};

/** One row for each thing that a step can wait for. */
const WAITING: Readonly<Record<Waiting['on'], Row>> = {
  INTERVENTION: row('WAITING', intervention, { intervene: 'WORKS' }),
  APPROVAL: row('WAITING', approval, {}),
  BARRIER: row('RUNNING', barrier, {}),
  PERMITS: row('WAITING', permits, { intervene: UNREACHED }),
};

function row(shown: Status, come: () => Play, more: Partial<Row>): Row {
  const usual = { abort: 'WORKS', pause: 'WORKS', resume: 'no: it is not paused', rollback: 'WORKS' } as const;
  return { shown, come, ...usual, intervene: NOT_WAITING, ...more };
}

const rollingBackWaiting = (): Play => {
  const undo = sectionPlan('undo-deploy', [stepPlan('undo')], {
    undoes: 'deploy',
    failureStrategies: [onFailure('MANUAL_INTERVENTION')],
  });
  return new Play(simplePlan({ phase: { rollback: [undo] } })).run((id) =>
    id.includes('/undo@') || id.includes('/check@') ? failed() : succeeded,
  );
};

const GOING_BACK = {
  pause: 'no: it is rolling back, which is never paused; it can be aborted',
  rollback: 'no: it is rolling back already',
} as const;

function ended(status: Status): Play {
  const play = new Play(oneStep());
  const at = play.now;
  const attempt = { outcome: 'SUCCESS', touched: false } as const;
  return play.tell([
    { event: 'AttemptEnded', attemptId: `${STEP}@h1#1`, result: attempt, at },
    { event: 'StepEnded', stepId: STEP, status: 'SUCCESS', failure: null, skipped: null, at },
    { event: 'SectionEnded', sectionId: 'x1/run/p1.0/deploy', status: 'SUCCESS', at },
    { event: 'PhaseEnded', phaseId: 'x1/run/p1.0', status: 'SUCCESS', at },
    { event: 'RunEnded', runId: 'x1/run', status, failure: null, at },
    { event: 'ExecutionEnded', status, at },
  ]);
}

const ROWS: Readonly<Record<string, Row>> = {
  'waits for its lock': row('QUEUED', queued, { intervene: UNREACHED }),
  'is at work': row('RUNNING', running, {}),
  'is at work, and its agent is lost': row(
    'RUNNING',
    () => give(running(), { input: 'agentLost', attemptId: `${STEP}@h1#1`, agentId: 'a1', reason: 'gone' }),
    {},
  ),
  'waits to retry': row(
    'RUNNING',
    () => new Play(oneStep({}, { failureStrategies: [retryTimes(1, 5_000)] })).run(() => failed()),
    {},
  ),
  ...Object.fromEntries(Object.entries(WAITING).map(([on, each]) => [`waits: ${on}`, each])),
  'asks for the inputs of a stage': row('WAITING', asking, { intervene: UNREACHED }),
  'has a stage planned': row('QUEUED', planning, { intervene: UNREACHED }),
  'is at the approval between two stages': row('WAITING', gate, { step: 'x1/run/pre.0/pre/install' }),
  'takes back the stages before': row('ROLLING_BACK', takingBack, {
    ...GOING_BACK,
    intervene: ENDED,
  }),
  'is pausing': row('PAUSING', paused, { pause: 'no: it was paused already, by me', resume: 'WORKS' }),
  'is paused': row('PAUSED', () => paused().report(), {
    pause: 'no: it was paused already, by me',
    resume: 'WORKS',
    intervene: "no: the step 'install' does not wait for a decision",
  }),
  'is paused, and waits for a person': row('PAUSED', () => give(intervention(), INPUTS.pause('')), {
    pause: 'no: it was paused already, by me',
    resume: 'WORKS',
    intervene: 'WORKS',
  }),
  'is paused, and its lock is not free': row('PAUSED', () => give(queued(), INPUTS.pause('')), {
    pause: 'no: it was paused already, by me',
    resume: 'WORKS',
    intervene: UNREACHED,
  }),
  'is being aborted': row('ABORTING', () => give(running(), INPUTS.abort('')), {
    abort: 'STANDS',
    pause: 'no: it is being aborted',
    rollback: 'no: it is being aborted',
    intervene: 'no: it is being aborted',
  }),
  'is being aborted, and was paused': row('ABORTING', () => give(paused(), INPUTS.abort('')), {
    abort: 'STANDS',
    pause: 'no: it was paused already, by me',
    resume: 'no: it is being aborted',
    rollback: 'no: it is being aborted',
    intervene: 'no: it is being aborted',
  }),
  'stops what runs, to roll back': row('ROLLING_BACK', () => give(running(), INPUTS.rollback('')), GOING_BACK),
  'is rolling back': row('ROLLING_BACK', rollingBack, GOING_BACK),
  'is rolling back, and waits for a person': row('ROLLING_BACK', rollingBackWaiting, {
    ...GOING_BACK,
    step: UNDO,
    intervene: 'WORKS',
  }),
  'is rolling back, and was paused': row('ROLLING_BACK', () => give(paused(), INPUTS.rollback('')), {
    ...GOING_BACK,
    pause: 'no: it was paused already, by me',
    resume: 'WORKS',
  }),
  'is broken': row(
    'BROKEN',
    () => {
      const play = running();
      return play.tell(park(play.execution, 'it threw', null, play.now));
    },
    { pause: BROKEN, resume: BROKEN, rollback: BROKEN, intervene: BROKEN },
  ),
  ...Object.fromEntries(
    STATUS_NAMES.filter(isTerminal).map((status) => [
      `has ended as ${status}`,
      row(status, () => ended(status), {
        abort: ENDED,
        pause: ENDED,
        resume: ENDED,
        rollback: ENDED,
        intervene: ENDED,
      }),
    ]),
  ),
};

/** Of attempts and steps only: an execution is never seen in them. */
const NEVER_OF_AN_EXECUTION: readonly Status[] = ['STARTING', 'UNKNOWN'];

describe('what people may do', () => {
  it('is told for every status that an execution can be seen in', () => {
    const told = new Set(Object.values(ROWS).map((each) => each.shown));
    expect(STATUS_NAMES.filter((name) => !told.has(name))).toEqual(NEVER_OF_AN_EXECUTION);
  });

  describe.each(Object.entries(ROWS))('with one that %s', (_, { shown, come, step = STEP, ...cells }) => {
    it(`is seen as ${shown}`, () => {
      expect(headerOf(come().execution).status).toBe(shown);
    });

    it.each(ASKED)('%s', (asked) => {
      const play = come();
      const events = play.give(INPUTS[asked](step));
      const rejection = events.find((event) => event.event === 'InputRejected');
      const worked = events.some((event) => DONE[asked].includes(event.event));
      const found: Cell =
        rejection?.event === 'InputRejected' ? `no: ${rejection.failure.message}` : worked ? 'WORKS' : 'STANDS';
      expect(found).toBe(cells[asked]);
    });
  });
});
