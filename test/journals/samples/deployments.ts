/** Every type of workflow, planned from definitions; and the way back after success. */
import { readFileSync } from 'node:fs';
import { catalogOf, withWorkflow } from '../../../control-plane/definitions/catalog-fixture.ts';
import type { Plan } from '../../../control-plane/engine/plan.ts';
import { rollbackRunOf } from '../../../control-plane/engine/rollback-plan.ts';
import { answerApproval } from '../../support/people.ts';
import { planned } from '../../support/planned.ts';
import { agentStep, onePhase, plan, sectionPlan, simplePlan } from '../../support/plans.ts';
import { failed, failedWith, Play, succeeded, type Script } from '../../support/play.ts';
import type { Samples } from '../frozen-journal.ts';

export const example = (name: string): string =>
  readFileSync(new URL(`../../../deploy/examples/${name}/fairlead.yaml`, import.meta.url), 'utf8');

const canary = (): Plan => planned(catalogOf(example('canary')), 'ship-web', { Environment: 'prod', ticket: 'CHG-1' });

const blueGreen = (name: string): Plan => planned(catalogOf(example('blue-green')), name);

/** The load balancer says which group is idle. */
const withTraffic =
  (script: Script = () => succeeded): Script =>
  (id) => {
    const result = script(id);
    return result?.outcome === 'SUCCESS' ? { ...result, outputs: { live: 'blue', idle: 'green' } } : result;
  };

const failsAt =
  (...parts: readonly string[]): Script =>
  (id) =>
    parts.every((part) => id.includes(part)) ? failed() : succeeded;

const collected = {
  service: 'web',
  build: '8',
  fileName: 'web-8.tgz',
  location: '/builds/web-8.tgz',
  sha256: null,
  metadata: {},
};

export const deployments: Samples = {
  'canary-approved': () => {
    const play = new Play(canary()).run();
    return answerApproval(play, 'APPROVE').finish();
  },

  'canary-rejected': () => {
    const play = new Play(canary()).run();
    return answerApproval(play, 'REJECT', 'too many errors').finish();
  },

  /** Goes back over both phases, the newest first. */
  'canary-fails-in-its-last-phase': () => {
    const play = new Play(canary()).run();
    return answerApproval(play, 'APPROVE').finish(failsAt('/p2.0/', '@web-3'));
  },

  'canary-retries-what-was-unreachable': () =>
    answerApproval(
      new Play(canary())
        .run((id) => (id.includes('@web-1') && id.endsWith('#1') ? failedWith('UNREACHABLE', false) : succeeded))
        .wait()
        .run(),
      'APPROVE',
    ).finish(),

  'blue-green-traffic': () => new Play(blueGreen('ship-shop')).finish(withTraffic()),

  /** It may have been swapped: the traffic is given back. */
  'blue-green-traffic-given-back': () => new Play(blueGreen('ship-shop')).finish(withTraffic(failsAt('/p1.0/s4/'))),

  'blue-green-directories': () => new Play(blueGreen('ship-site')).finish(),

  /** One of the hosts cannot swap them: all swap back. */
  'blue-green-directories-swapped-back': () =>
    new Play(blueGreen('ship-site')).finish(failsAt('/p1.0/s4/', '@static-2')),

  'multi-service': () => {
    const phases = '[{ service: web }, { service: worker, serviceVariables: { shards: 2 } }]';
    const workflow = `  ship: { type: multi-service, environment: prod, phases: ${phases} }\n`;
    return new Play(planned(withWorkflow(workflow), 'ship')).finish(failsAt('/p2.0/', '@h2'));
  },

  build: () => {
    const collect = agentStep('collect', {
      type: 'ARTIFACT_COLLECTION',
      parameters: { service: 'web', source: { kind: 'SCRIPT', script: 'x' } },
    });
    const sections = [sectionPlan('prepare', [agentStep('make')]), sectionPlan('collect', [collect])];
    const run = { type: 'BUILD', environment: null, failureStrategies: [] } as const;
    const nowhere = { service: null, infrastructure: null, mapping: null, hosts: [], rollback: [] };
    const phase = { deploymentType: 'BUILD', ...nowhere } as const;
    return new Play(onePhase(sections, { run, phase })).finish((id) =>
      id.includes('/collect@') ? { outcome: 'SUCCESS', touched: false, outputs: collected } : succeeded,
    );
  },

  'rolled-back-after-success': () => {
    const before = new Play(simplePlan()).finish();
    const [deployed] = before.execution.plan.stages[0]?.runs ?? [];
    if (deployed === undefined) throw new Error('nothing was deployed');
    const back = rollbackRunOf(deployed, before.execution.runs[0], before.execution.outputs);
    const restores = [{ workflow: 'ship', mapping: 'app/env/inf/svc', executionId: 'x-1' }];
    return new Play(plan([back], { rollbackOf: 'x0', reason: 'slow', restores, holds: true })).finish();
  },

  'rolled-back-with-a-hold': () => new Play({ ...simplePlan(), holds: true }).finish(failsAt('check')),
};
