/** What follows from failures, as definitions say and as people do. */
import { settledByForce } from '../../../control-plane/engine/rules/settle-by-force.ts';
import { park } from '../../../control-plane/engine/rules/park.ts';
import type { FailureStrategy, Plan } from '../../../control-plane/engine/plan.ts';
import { failure } from '@fairlead/proto/model/failure.ts';
import { intervene } from '../../support/people.ts';
import {
  agentStep,
  hostNamed,
  hostNames,
  onePhase,
  oneStep,
  onFailure,
  phasePlan,
  plan,
  retryTimes,
  runPlan,
  sectionPlan,
  selectStep,
  simplePlan,
  stepPlan,
} from '../../support/plans.ts';
import { failed, Play, succeeded, type Script } from '../../support/play.ts';
import type { Samples } from '../frozen-journal.ts';

/** On two hosts (or more), with these strategies on what deploys. */
function deploying(failureStrategies: readonly FailureStrategy[], hosts = 2): Plan {
  const deploy = sectionPlan('deploy', [stepPlan('install')], { failureStrategies });
  const verify = sectionPlan('verify', [stepPlan('check')]);
  const rollback = [sectionPlan('undo', [stepPlan('undo')], { undoes: 'deploy' })];
  return onePhase([deploy, verify], { phase: { hosts: hostNames(hosts).map(hostNamed), rollback } });
}

const failsAt2: Script = (id) => (id.includes('install@h2') ? failed() : succeeded);
const failsFirst: Script = (id) => (id.endsWith('install@h2#1') ? failed() : succeeded);

/** Its provisioners ran before, and its deployment fails. */
function provisioned(strategy: FailureStrategy): Play {
  const pre = sectionPlan('pre', [agentStep('make')]);
  const undoPre = sectionPlan('undo-pre', [agentStep('make')]);
  return new Play(simplePlan({ run: { pre, undoPre, failureStrategies: [strategy] } })).finish((id) =>
    id.includes('install') ? failed() : succeeded,
  );
}

/** Two phases: the second one fails. */
function twoPhases(strategy: FailureStrategy): Play {
  const phase = (id: string) =>
    phasePlan(id, [sectionPlan('deploy', [stepPlan('install')])], {
      rollback: [sectionPlan('undo', [stepPlan('undo')], { undoes: 'deploy' })],
    });
  const run = runPlan([phase('p1'), phase('p2')], { type: 'CANARY', failureStrategies: [strategy] });
  return new Play(plan([run])).finish((id) => (id.includes('/p2.0/') ? failed() : succeeded));
}

const waitsForPerson = (): Play => new Play(deploying([onFailure('MANUAL_INTERVENTION')])).run(failsAt2);

export const failures: Samples = {
  'retry-helps': () => new Play(deploying([retryTimes(2, 1_000, 5_000)])).finish(failsFirst),
  'retry-is-used-up': () => new Play(deploying([retryTimes(2, 1_000, 5_000)])).finish(failsAt2),
  tolerated: () => new Play(deploying([onFailure('IGNORE', { tolerate: { percent: 25 } })], 4)).finish(failsAt2),
  'tolerance-exceeded': () =>
    new Play(deploying([onFailure('ROLLBACK_WORKFLOW', { tolerate: { count: 1 } })], 4)).finish((id) =>
      /install@h[23]/.test(id) ? failed() : succeeded,
    ),
  ignored: () => new Play(deploying([onFailure('IGNORE')])).finish(failsAt2),
  'marked-as-success': () => new Play(deploying([onFailure('MARK_SUCCESS')])).finish(failsAt2),
  'ends-where-it-failed': () => new Play(deploying([onFailure('END_EXECUTION')])).finish(failsAt2),
  'aborts-on-failure': () => new Play(deploying([onFailure('ABORT')])).finish(failsAt2),
  'one-phase-rolled-back': () => twoPhases(onFailure('ROLLBACK_PHASE')),
  'every-batch-of-a-phase-rolled-back': () => {
    const sections = [sectionPlan('infra', [selectStep({ count: 1 })]), sectionPlan('deploy', [stepPlan('install')])];
    const rollback = [sectionPlan('undo', [stepPlan('undo')], { undoes: 'deploy' })];
    const rolling = phasePlan('p1', sections, { rolling: true, hosts: hostNames(3).map(hostNamed), rollback });
    const run = runPlan([rolling], { type: 'ROLLING', failureStrategies: [onFailure('ROLLBACK_PHASE')] });
    return new Play(plan([run])).finish(failsAt2);
  },
  'all-phases-rolled-back': () => twoPhases(onFailure('ROLLBACK_WORKFLOW')),
  'provisioners-rolled-back-first': () => provisioned(onFailure('ROLLBACK_WORKFLOW')),
  'provisioners-rolled-back-last': () => provisioned(onFailure('ROLLBACK_PROVISIONER_AFTER_PHASES')),

  'intervention-retried': () => intervene(waitsForPerson(), 'RETRY', 'the disk was full').finish(),
  'intervention-ignored': () => intervene(waitsForPerson(), 'IGNORE').finish(),
  'intervention-rolled-back': () => intervene(waitsForPerson(), 'ROLLBACK_WORKFLOW').finish(),
  'intervention-refused-then-aborted': () => {
    const play = waitsForPerson();
    const stepId = 'x1/run/p1.0/verify/check';
    play.give({ input: 'intervene', stepId, action: 'RETRY', actor: 'ada', reason: 'the wrong one' });
    return intervene(play, 'ABORT').finish();
  },
  /** Its condition cannot be told: a person looks at it again in vain, then passes it over. */
  'asked-about-what-could-not-start': () => {
    const unable = sectionPlan('deploy', [stepPlan('install', { skip: '${workflow.nobody} == 1' })], {
      failureStrategies: [onFailure('MANUAL_INTERVENTION')],
    });
    const play = new Play(onePhase([unable, sectionPlan('verify', [stepPlan('check')])])).run();
    return intervene(intervene(play, 'RETRY').run(), 'MARK_SUCCESS', 'nothing to install').finish();
  },
  'nobody-intervenes': () => waitsForPerson().wait().finish(),

  'paused-and-resumed': () => {
    const play = new Play(simplePlan()).run((id) => (id.includes('install') ? null : succeeded));
    play.give({ input: 'pause', actor: 'ada', reason: 'lunch' });
    play.report();
    play.pass(60_000);
    play.give({ input: 'resume', actor: 'ada' });
    return play.finish();
  },

  /** One agent refuses, another one says how far it is, is lost, and comes back. */
  'from-agent-to-agent': () => {
    const attemptId = 'x1/run/p1.0/deploy/install@h1#1';
    const play = new Play(oneStep());
    const chosen = { input: 'agentChosen', attemptId, ledgerId: 'l', sessionId: 's' } as const;
    play.give({ ...chosen, agentId: 'a1' });
    const why = failure('OVERLOADED', 'it does enough already');
    play.give({ input: 'released', attemptId, assignment: 1, agentId: 'a1', failure: why, final: true });
    play.give({ ...chosen, agentId: 'a2' });
    play.give({ input: 'starting', attemptId, assignment: 2, agentId: 'a2' });
    play.give({ input: 'checkpoint', attemptId, name: 'before', data: { build: '6' } });
    play.give({ input: 'agentLost', attemptId, agentId: 'a2', reason: 'it has not been heard of' });
    play.pass(1_000);
    play.give({ input: 'agentBack', attemptId, agentId: 'a2' });
    return play.report().finish();
  },

  /** What stands in the journal says which agent said it. */
  'said-by-its-agent': () => {
    const attemptId = 'x1/run/p1.0/deploy/install@h1#1';
    const agentId = 'a1';
    const play = new Play(oneStep());
    play.give({ input: 'agentChosen', attemptId, agentId, ledgerId: 'l', sessionId: 's' });
    play.give({ input: 'starting', attemptId, assignment: 1, agentId });
    play.give({ input: 'checkpoint', attemptId, agentId, name: 'before', data: { build: '6' } });
    play.give({ input: 'finished', attemptId, agentId, result: succeeded });
    return play.finish();
  },

  /** Its agent never reports, whatever it is told. */
  overdue: () => {
    const play = new Play(simplePlan()).run((id) => (id.includes('install@h1') ? null : succeeded));
    play.give({ input: 'agentLost', attemptId: 'x1/run/p1.0/deploy/install@h1#1', agentId: 'a1', reason: 'gone' });
    for (let due = 0; due < 2; due += 1) play.wait();
    return play.finish();
  },

  /** Broken, aborted, and still with work whose fate nobody knows. */
  'settled-by-force': () => {
    const play = new Play(simplePlan()).run((id) => (id.includes('install') ? null : succeeded));
    for (const abort of [null, { actor: 'ada' }]) {
      const events = park(play.execution, 'decide tick: it threw', abort, play.now);
      play.tell(events).decisions.push({ input: { input: 'tick' }, events });
    }
    const events = settledByForce(play.execution, 'ada', 'the hosts are gone', play.now);
    play.tell(events).decisions.push({ input: { input: 'tick' }, events });
    return play;
  },
};
