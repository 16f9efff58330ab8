import { describe, expect, it } from 'vitest';
import { Play } from '../../test/support/play.ts';
import type { Plan } from '../engine/plan.ts';
import { catalogOf, SHOP, withWorkflow } from './catalog-fixture.ts';
import { request } from './plan-fixture.ts';
import { buildPlan, type PlanRequest } from './plan.ts';

const CANARY =
  '  ship: { type: canary, service: web, environment: prod, phases: [{ hosts: 25% }, { hosts: 50% }, { hosts: 100% }] }\n';
const ROLLING = '  ship: { type: rolling, service: web, environment: prod, batch: 1 }\n';
const BASIC = '  ship: { type: basic, service: web, environment: prod }\n';
const MULTI = '  ship: { type: multi-service, environment: prod, phases: [{ service: web }, { service: worker }] }\n';

const result = (workflow: string, more: Partial<PlanRequest>) =>
  buildPlan(withWorkflow(workflow), 1, request({ name: 'ship', ...more }));

function planOf(workflow: string, more: Partial<PlanRequest>): Plan {
  const planned = result(workflow, more);
  if (!planned.ok) throw new Error(planned.failures.map((each) => each.message).join('\n'));
  return planned.plan;
}

function refusals(workflow: string, more: Partial<PlanRequest>): readonly string[] {
  const planned = result(workflow, more);
  return planned.ok ? [] : planned.failures.map((each) => `${each.field ?? ''}: ${each.message}`);
}

const ran = (plan: Plan) =>
  new Play(plan).run().execution.runs[0]?.phases.map(({ name, hosts, skipped }) => [name, hosts ?? skipped]);

const on = (host: string, build: string, service = 'web') => ({
  service,
  environment: 'prod',
  infrastructure: 'dc1',
  host,
  build,
});

describe('only some hosts', () => {
  it('are deployed to in the first phase, whatever it selects; later phases are skipped', () => {
    expect(ran(planOf(CANARY, { hosts: ['h3', 'h1'] }))).toEqual([
      ['Phase 1', ['h3', 'h1']],
      ['Phase 2', 'only h3, h1 were asked for'],
      ['Phase 3', 'only h3, h1 were asked for'],
    ]);
  });

  it('are one batch of a rolling workflow', () => {
    expect(ran(planOf(ROLLING, { hosts: ['h2', 'h3'] }))).toEqual([['Phase 1', ['h2', 'h3']]]);
  });

  it.each([
    ['a host that there is not', BASIC, ['h9'], "hosts: there is no host 'h9'. Existing: 'h1', 'h2', 'h3'."],
    ['no host', BASIC, [], 'hosts: no host is named. Name some of h1, h2, h3.'],
    [
      'several services',
      MULTI,
      ['h1'],
      "hosts: 'ship' takes no hosts: only basic, rolling and canary workflows do. Leave hosts out.",
    ],
    ['a build', '  ship: { type: build, collect: web }\n', ['h1'], expect.stringContaining("'ship' takes no hosts")],
    [
      'canary phases of two services',
      CANARY.replace('{ hosts: 50% }', '{ service: worker }'),
      ['h1'],
      expect.stringContaining('deploys several services'),
    ],
    [
      'a workflow that selects none',
      '  ship: { type: basic, service: web, environment: prod, sections: { Prepare Infra: [], Deploy Service: [script: x] } }\n',
      ['h1'],
      expect.stringContaining('selects no hosts'),
    ],
  ])('are refused: %s', (_, workflow, hosts, expected) => {
    expect(refusals(workflow, { hosts })).toEqual([expected]);
  });
});

describe('hosts that have the build already', () => {
  const installed = [on('h1', '7'), on('h2', '6'), on('h3', '7', 'worker')];

  it('are left out, and shares are of the others', () => {
    const plan = planOf(CANARY, { skipSameVersion: true, installed });
    expect(ran(plan)).toEqual([
      ['Phase 1', ['h2']],
      ['Phase 2', '1 of 2 hosts were asked for, and earlier phases took as many'],
      ['Phase 3', ['h3']],
    ]);
    expect(plan.stages[0]?.runs[0]?.phases[0]?.leftOut).toEqual(['h1']);
  });

  it('are deployed to when nobody asks to skip them, or when they have it elsewhere', () => {
    expect(ran(planOf(BASIC, { installed }))).toEqual([['Phase 1', ['h1', 'h2', 'h3']]]);
    const elsewhere = [
      { ...on('h1', '7'), environment: 'qa' },
      { ...on('h2', '7'), infrastructure: 'dc2' },
    ];
    expect(ran(planOf(BASIC, { skipSameVersion: true, installed: elsewhere }))).toEqual([
      ['Phase 1', ['h1', 'h2', 'h3']],
    ]);
  });

  it('are all: then there is nothing to do, and it is skipped', () => {
    const plan = planOf(ROLLING, { skipSameVersion: true, installed: ['h1', 'h2', 'h3'].map((host) => on(host, '7')) });
    expect(new Play(plan).run().execution.status).toBe('SKIPPED');
    expect(ran(plan)).toEqual([['Phase 1 (batch 1)', 'every host has build 7 already']]);
  });

  it('are counted for each service alone', () => {
    const worker = [on('h1', '1', 'worker'), on('h2', '1', 'worker')];
    expect(ran(planOf(MULTI, { skipSameVersion: true, installed: worker }))).toEqual([
      ['Phase 1', ['h1', 'h2', 'h3']],
      ['Phase 2', ['h3']],
    ]);
  });

  it('cannot be told where there is no version, nor beside named hosts', () => {
    const plain = 'fairlead: v1\napplication: shop\nservices: { plain: { type: ssh/other, start: run } }\n';
    const bare = 'workflows: { bare: { type: basic, service: plain, environment: prod } }\n';
    const planned = buildPlan(catalogOf(SHOP, plain + bare), 1, request({ name: 'bare', skipSameVersion: true }));
    expect(planned.ok ? [] : planned.failures.map((each) => each.message)).toEqual([
      "the service 'plain' has no artifact, so there is no version to compare. Leave it out.",
    ]);
    expect(refusals(BASIC, { skipSameVersion: true, hosts: ['h1'] })).toEqual([
      expect.stringContaining('skipSameVersion: hosts that are named are deployed to'),
    ]);
    expect(refusals('  ship: { type: build, collect: web }\n', { skipSameVersion: true })).toEqual([
      expect.stringContaining("skipSameVersion: 'ship' cannot leave hosts out"),
    ]);
  });
});
