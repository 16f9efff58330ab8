/** One workflow in the simplest plans: what every release since the first can do. */
import { failure } from '@fairlead/proto/model/failure.ts';
import type { Json } from '@fairlead/proto/model/json.ts';
import { park } from '../../../control-plane/engine/rules/park.ts';
import {
  hostNamed,
  hostNames,
  onFailure,
  onePhase,
  plan,
  runPlan,
  sectionPlan,
  selectStep,
  simplePlan,
  stepPlan,
  agentStep,
  phasePlan,
} from '../../support/plans.ts';
import { failed, Play, type Script } from '../../support/play.ts';
import type { Samples } from '../frozen-journal.ts';

const unlessAt =
  (part: string): Script =>
  (id) =>
    id.includes(part) ? null : { outcome: 'SUCCESS', touched: true, outputs: { build: '7' } };

const fails =
  (part: string): Script =>
  (id) =>
    id.includes(part) ? failed() : { outcome: 'SUCCESS', touched: true };

const rolling = () => {
  const select = sectionPlan('infra', [selectStep({ count: 2, exclude: true })]);
  const publish = { name: 'found', scope: 'WORKFLOW' } as const;
  const sections = [select, sectionPlan('deploy', [stepPlan('install'), agentStep('check', { publish })])];
  return plan([
    runPlan([phasePlan('p1', sections, { hosts: hostNames(5).map(hostNamed), rolling: true })], { type: 'ROLLING' }),
  ]);
};

/** Two phases with the same service; what is older goes from the hosts of both at the end. */
const cleaned = () => {
  const cleanUp = sectionPlan(
    'cleanup',
    [stepPlan('prune', { type: 'COMMAND', parameters: { command: 'x', units: [] } })],
    {
      failureStrategies: [onFailure('IGNORE')],
    },
  );
  const releases = { good: [], since: 0, before: 7, files: [] };
  const phase = (id: string, count: number) =>
    phasePlan(id, [sectionPlan('infra', [selectStep({ count })]), sectionPlan('deploy', [stepPlan('install')])], {
      releases,
      cleanUp,
    });
  return plan([runPlan([phase('p1', 1), phase('p2', 2)])]);
};

/** The hosts of both phases come from the output of a provisioner. */
const provisioned = () => {
  const login = { user: 'deploy', key: { secret: 'file:/keys/deploy' } };
  const parameters = { provisioner: 'fleet', script: 'true', inputs: {} };
  const publish = { name: 'shellScriptProvisioner', scope: 'WORKFLOW' } as const;
  const make = agentStep('make', { type: 'PROVISIONER', parameters, publish });
  const phase = (id: string, count: number) =>
    phasePlan(id, [sectionPlan('infra', [selectStep({ count })]), sectionPlan('deploy', [stepPlan('install')])], {
      hosts: [],
      hostsFrom: { provisioner: 'fleet', output: 'hosts', login },
      rollback: [sectionPlan('undo', [stepPlan('undo')], { undoes: 'deploy' })],
    });
  const pre = sectionPlan('pre', [make]);
  const undoPre = sectionPlan('undo', [{ ...make, publish: null }]);
  const last = onFailure('ROLLBACK_PROVISIONER_AFTER_PHASES');
  return plan([runPlan([phase('p1', 1), phase('p2', 2)], { type: 'CANARY', pre, undoPre, failureStrategies: [last] })]);
};

const makes =
  (hosts: Json, otherwise: Script): Script =>
  (id) =>
    id.includes('/pre.0/') ? { outcome: 'SUCCESS', touched: true, outputs: { hosts } } : otherwise(id);

const locked = () => simplePlan({ run: { lock: { keys: ['app/prod/dc1'], queueLimit: 20, timeoutMs: 3_600_000 } } });

export const oneWorkflow: Samples = {
  'basic-success': () => new Play(simplePlan()).finish(unlessAt('nowhere')),

  'rolling-success': () => new Play(rolling()).finish(unlessAt('nowhere')),

  /** Hosts enough that their list leaves its event. */
  'many-hosts': () => new Play(simplePlan({ phase: { hosts: hostNames(2_500).map(hostNamed) } })),

  /** Agents and hosts that only expressions name. */
  'agents-and-hosts-by-expression': () => {
    const families = { workflow: { variables: { dc: 'dc1', target: 'h2, h3' } } };
    const select = sectionPlan('infra', [selectStep({ hosts: ['${workflow.variables.target}'] })]);
    const deploy = sectionPlan('deploy', [stepPlan('install', { selectors: ['${workflow.variables.dc}'] })]);
    const hosts = hostNames(3).map(hostNamed);
    return new Play(onePhase([select, deploy], { run: { families }, phase: { hosts } })).finish(unlessAt('nowhere'));
  },

  /** The agents of a step stand beside those of the infrastructure. */
  'agents-of-step-and-infrastructure': () => {
    const deploy = sectionPlan('deploy', [
      stepPlan('install', { selectors: ['fast', 'dc1'], selectorsStand: true }),
      stepPlan('tell', { selectors: ['slow'] }),
    ]);
    return new Play(onePhase([deploy], { phase: { selectors: ['dc1'] } })).finish(unlessAt('nowhere'));
  },

  /** It cannot be cleaned on one of the hosts: that changes nothing. */
  'older-releases-removed': () => new Play(cleaned()).finish(fails('prune@h2')),

  'hosts-provisioned-and-rolled-back': () =>
    new Play(provisioned()).finish(makes(['w1', { name: 'w2', address: '10.0.0.2' }], fails('p2.0/deploy'))),

  'no-host-provisioned': () => new Play(provisioned()).finish(makes('w1', fails('nowhere'))),

  'rolled-back': () => new Play(simplePlan()).finish(fails('check')),

  'rollback-fails': () =>
    new Play(simplePlan()).finish((id) =>
      /check|undo@h2/.test(id) ? failed() : { outcome: 'SUCCESS', touched: true },
    ),

  'rolled-back-by-request': () => {
    const play = new Play(simplePlan()).run(unlessAt('check'));
    play.give({ input: 'rollback', actor: 'ada', reason: 'wrong build' });
    return play.finish(unlessAt('nowhere'));
  },

  retried: () => {
    const failureStrategies = [
      onFailure('RETRY', { retry: { count: 2, intervalsMs: [1_000] } }),
      onFailure('ROLLBACK_WORKFLOW'),
    ];
    const deploy = sectionPlan('deploy', [stepPlan('install')], { failureStrategies });
    return new Play(onePhase([deploy])).finish((id) =>
      id.endsWith('#3') ? { outcome: 'SUCCESS', touched: true } : failed(false),
    );
  },

  aborted: () => {
    const play = new Play(simplePlan()).run(unlessAt('install@h2'));
    play.give({ input: 'abort', actor: 'ada', reason: 'enough' });
    return play.finish();
  },

  /** Lost, found by another agent's look at the host; another of its tasks is lost until its time is over. */
  unknown: () => {
    const play = new Play(simplePlan()).run(unlessAt('install'));
    for (const host of ['h1', 'h2']) {
      const attemptId = `x1/run/p1.0/deploy/install@${host}#1`;
      play.give({
        input: 'agentLost',
        attemptId,
        agentId: 'a1',
        reason: 'its agent has not been heard of for too long',
      });
    }
    play.pass(5_000);
    const result = { outcome: 'SUCCESS', touched: true } as const;
    play.give({ input: 'outcomeFound', attemptId: 'x1/run/p1.0/deploy/install@h1#1', by: 'agent a2', result });
    return play.finish();
  },

  'lock-queue': () => {
    const play = new Play(locked());
    const queued = (position: number) =>
      play.give({ input: 'lockAnswered', runId: 'x1/run', requestId: 'x1/run', answer: { state: 'QUEUED', position } });
    queued(2);
    play.pass(60_000);
    queued(1);
    play.pass(60_000);
    play.give({
      input: 'lockAnswered',
      runId: 'x1/run',
      requestId: 'x1/run',
      answer: { state: 'HELD', fences: { 'app/prod/dc1': 7 } },
    });
    return play.finish();
  },

  'lock-queue-full': () => {
    const play = new Play(locked());
    const why = failure('QUEUE_FULL', '20 executions already wait for app/prod/dc1');
    play.give({
      input: 'lockAnswered',
      runId: 'x1/run',
      requestId: 'x1/run',
      answer: { state: 'REFUSED', failure: why },
    });
    return play.finish();
  },

  'no-agent-then-another-driver': () => {
    const play = new Play(simplePlan());
    const why = failure('NO_ELIGIBLE_AGENT', 'no agent is connected');
    play.give({ input: 'noAgent', attemptId: 'x1/run/p1.0/deploy/install@h1#1', failure: why });
    play.pass(10_000);
    play.give({ input: 'driverChanged', driver: 'r2', epoch: 2 });
    return play.finish();
  },

  'parked-then-aborted': () => {
    const play = new Play(simplePlan()).run(unlessAt('install'));
    for (const abort of [null, { actor: 'ada' }]) {
      const events = park(play.execution, 'decide tick: it threw', abort, play.now);
      play.tell(events).decisions.push({ input: { input: 'tick' }, events });
    }
    return play.finish();
  },
};
