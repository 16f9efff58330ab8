/** Whom runs wait for: locks, guards, barriers, each other. */
import { failure } from '@fairlead/proto/model/failure.ts';
import type { RunPlan, StepPlan } from '../../../control-plane/engine/plan.ts';
import type { Input } from '../../../control-plane/engine/inputs.ts';
import {
  agentStep,
  hostNamed,
  onePhase,
  phasePlan,
  plan,
  retryTimes,
  runPlan,
  sectionPlan,
  simplePlan,
  stepPlan,
} from '../../support/plans.ts';
import { failed, Play, succeeded, type Script } from '../../support/play.ts';
import type { Samples } from '../frozen-journal.ts';

const decided = { runs: 'decided', deploys: false, timeoutMs: 600_000 } as const;
const barrier = (identifier: string): StepPlan =>
  stepPlan(identifier, { ...decided, type: 'BARRIER', parameters: { identifier } });
const guard = (id: string, more: object = {}): StepPlan => {
  const parameters = { constraint: id, guard: { id, capacity: 1, strategy: 'FIFO' }, ...more };
  return stepPlan(id, { ...decided, type: 'RESOURCE_CONSTRAINT', parameters });
};
const KEY = 'app/env/inf/svc';
const lock = { keys: [KEY], queueLimit: 20, timeoutMs: 60_000 };
const party = (id: string, steps: readonly StepPlan[], more: Partial<RunPlan> = {}): RunPlan => {
  const sections = [sectionPlan('deploy', [stepPlan('install')]), sectionPlan('s', steps)];
  const rollback = [sectionPlan('back', [stepPlan('undo')], { undoes: 'deploy' })];
  return runPlan([phasePlan('p1', sections, { hosts: [hostNamed('h1')], rollback })], { id, name: id, ...more });
};
const together = (...runs: readonly RunPlan[]): Play =>
  new Play(plan([], { kind: 'PIPELINE', stages: [{ id: 's1', name: 'both', runs }] }));

const ofLock = (id: string, state: 'HELD' | 'QUEUED'): Input => ({
  input: 'lockAnswered',
  runId: `x1/${id}`,
  requestId: `x1/${id}`,
  answer: state === 'HELD' ? { state, fences: { [KEY]: 1 } } : { state, position: 1 },
});
const ofPermits = (id: string, step: string, state: 'HELD' | 'QUEUED'): Input => {
  const stepId = `x1/${id}/p1.0/s/${step}`;
  const answer = state === 'HELD' ? ({ state, ticket: 1 } as const) : ({ state, position: 1 } as const);
  return { input: 'permitsAnswered', stepId, requestId: `${stepId}/permits.1`, answer };
};

/** Everything but what the lock store answers. */
function work(play: Play, script: Script = () => succeeded): Play {
  for (let before = -1; before !== play.events.length;) {
    before = play.events.length;
    for (const command of play.commands) {
      if (command.command !== 'acquireLock' && command.command !== 'acquirePermits') play.carryOut(command, script);
    }
  }
  return play;
}

function give(play: Play, ...inputs: readonly Input[]): Play {
  for (const input of inputs) {
    play.give(input);
    work(play);
  }
  return play;
}

export const waits: Samples = {
  'lock-timeout': () => {
    const play = new Play(simplePlan({ run: { lock } }));
    play.give({
      input: 'lockAnswered',
      runId: 'x1/run',
      requestId: 'x1/run',
      answer: { state: 'QUEUED', position: 3 },
    });
    play.pass(60_000);
    return play.finish();
  },

  'lock-refused-after-provisioners': () => {
    const [pre, undoPre] = [sectionPlan('pre', [agentStep('make')]), sectionPlan('undo', [agentStep('make')])];
    const play = work(new Play(simplePlan({ run: { lock, pre, undoPre } })));
    play.pass(60_000);
    return play.finish();
  },

  'barrier-passed': () =>
    work(together(party('web', [barrier('done')]), party('api', [agentStep('last'), barrier('done')]))).finish(),

  'barrier-fails-the-peer': () =>
    together(party('web', [barrier('done')]), party('api', [agentStep('last'), barrier('done')])).finish((id) =>
      id.includes('/last@') ? failed() : succeeded,
    ),

  'barrier-timeout': () => {
    const play = together(party('web', [barrier('done')]), party('api', [agentStep('last'), barrier('done')]));
    work(play, (id) => (id.includes('/last@') ? null : succeeded));
    play.pass(600_000);
    return play.report().finish();
  },

  'guard-queued': () => {
    const play = work(together(party('web', [guard('g'), agentStep('do')]), party('api', [guard('g')])));
    give(play, ofPermits('web', 'g', 'HELD'), ofPermits('api', 'g', 'QUEUED'), ofPermits('api', 'g', 'HELD'));
    return play.finish();
  },

  'guard-timeout': () => {
    const play = work(together(party('web', [guard('g', { scope: 'WORKFLOW' })])));
    give(play, ofPermits('web', 'g', 'QUEUED'));
    play.pass(600_000);
    return play.finish();
  },

  'guard-asked-for-again': () => {
    const steps = sectionPlan('s', [guard('g')], { failureStrategies: [retryTimes(1, 10_000)] });
    const play = work(new Play(onePhase([steps])));
    play.pass(600_000);
    return play.wait().finish();
  },

  'guard-refused': () => {
    const parameters = { permits: '3', guard: { id: 'g', capacity: 2, strategy: 'ASAP' } };
    return work(together(party('web', [guard('g', parameters)]))).finish();
  },

  'guard-queue-full': () => {
    const play = work(together(party('web', [guard('g')])));
    const stepId = 'x1/web/p1.0/s/g';
    const refused = { state: 'REFUSED', failure: failure('QUEUE_FULL', 'too many wait for it') } as const;
    play.give({ input: 'permitsAnswered', stepId, requestId: `${stepId}/permits.1`, answer: refused });
    return play.finish();
  },

  'guard-held-by-all-of-it': () => together(party('web', [guard('g', { scope: 'PIPELINE' })])).finish(),

  'deadlock-of-lock-and-barrier': () => {
    const play = together(party('web', [barrier('done')], { lock }), party('api', [barrier('done')], { lock }));
    return give(play, ofLock('web', 'HELD'), ofLock('api', 'QUEUED')).finish();
  },

  'deadlock-of-guards': () => {
    const play = together(party('web', [guard('a'), guard('b')]), party('api', [guard('b'), guard('a')]));
    work(play);
    give(play, ofPermits('web', 'a', 'HELD'), ofPermits('api', 'b', 'HELD'));
    return give(play, ofPermits('web', 'b', 'QUEUED'), ofPermits('api', 'a', 'QUEUED')).finish();
  },

  'deadlock-of-guard-and-barrier': () => {
    const play = together(party('web', [guard('g'), barrier('done')]), party('api', [guard('g'), barrier('done')]));
    return give(work(play), ofPermits('web', 'g', 'HELD'), ofPermits('api', 'g', 'QUEUED')).finish();
  },
};
