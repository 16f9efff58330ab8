import { describe, expect, it } from 'vitest';
import { historyOf } from '../../test/support/played-history.ts';
import { hostNamed, simplePlan } from '../../test/support/plans.ts';
import { failed, Play, succeeded } from '../../test/support/play.ts';
import { catalogOf } from '../definitions/catalog-fixture.ts';
import { artifact } from '../definitions/plan-fixture.ts';
import type { Plan } from '../engine/plan.ts';
import { diffExecutions } from './diff.ts';

const definition = (batch: string, extra = ''): string => `
fairlead: v1
application: shop
services: { web: { type: ssh/other, commands: { Install: [{ exec: 'true' }] } }, other: { type: ssh/other, commands: { Install: [{ exec: '${batch}' }] } } }
environments:
  prod:
    type: production
    infrastructure: { dc1: { hosts: [h1, h2], login: { user: deploy, key: "secret:file:/key" } } }
workflows: { ship: { type: rolling, service: web, environment: prod, batch: '${batch}'${extra} } }
`;

interface Made {
  readonly build?: string;
  readonly mark?: string;
  readonly hosts?: readonly string[];
  readonly revision?: number;
}

function planOf(executionId: string, { build = '1', mark = 'a', hosts = ['h1', 'h2'], revision = 1 }: Made): Plan {
  const families = { env: { name: 'prod' }, workflow: { name: 'ship', startTs: executionId, variables: { mark } } };
  const publish = { name: 'found', scope: 'WORKFLOW' } as const;
  const plan = simplePlan({
    run: { families },
    phase: { hosts: hosts.map(hostNamed), artifact: artifact('web', build) },
    steps: { check: { publish } },
  });
  return { ...plan, executionId, definition: { revision, hash: 'h' } };
}

interface Course {
  /** Reports in this order of hosts. */
  readonly slow?: boolean;
  readonly fails?: boolean;
  readonly output?: string;
}

function played(plan: Plan, { slow = false, fails = false, output = 'x' }: Course = {}): Play {
  const play = new Play(plan);
  return play.finish((id) => {
    play.now += slow ? 5_000 : 100;
    if (fails && id.includes('check')) return failed();
    return id.includes('check') ? { ...succeeded, outputs: { value: output } } : succeeded;
  });
}

async function diff(a: Play, b: Play, left = definition('1'), right = left) {
  const history = await historyOf(a, b);
  const of = async (play: Play, text: string) => ({
    execution: play.execution,
    records: await history.all(play.execution.id),
    catalog: catalogOf(text),
  });
  return diffExecutions(await of(a, left), await of(b, right), (id) => id);
}

describe('the difference of two executions', () => {
  it('is none where both did the same', async () => {
    const it = await diff(played(planOf('x1', {})), played(planOf('x2', {})));
    const { a, b, steps, ...rest } = it;
    expect([a.executionId, b.executionId]).toEqual(['x1', 'x2']);
    expect(rest).toEqual({ definition: [], artifacts: [], variables: [], hosts: [], outputs: [], decisions: null });
    expect(steps.map((step) => step.name)).toEqual([
      'Phase p1 / infra / select',
      'Phase p1 / deploy / install',
      'Phase p1 / verify / check',
    ]);
    for (const step of steps) expect(step.a).toEqual(step.b);
  });

  it('names artifacts, variables, hosts and outputs', async () => {
    const a = played(planOf('x1', {}));
    const b = played(planOf('x2', { build: '2', mark: 'b', hosts: ['h2', 'h3'] }), { output: 'y' });
    const it = await diff(a, b);
    expect(it.artifacts).toEqual([{ name: 'web', a: '1', b: '2' }]);
    expect(it.variables).toEqual([{ name: 'workflow.variables.mark', a: 'a', b: 'b' }]);
    expect(it.hosts).toEqual([{ phase: 'Phase p1', onlyA: ['h1'], onlyB: ['h3'] }]);
    expect(it.outputs).toEqual([{ name: 'run: found.value', a: 'x', b: 'y' }]);
  });

  it('names what changed in the definitions that were used, and nothing else', async () => {
    const a = played(planOf('x1', { revision: 1 }));
    const b = played(planOf('x2', { revision: 2 }));
    const it = await diff(a, b, definition('1'), definition('2', ', description: new'));
    expect(it.definition).toEqual([
      {
        kind: 'workflow',
        name: 'ship',
        change: 'CHANGED',
        paths: [
          { path: 'batch', a: '1', b: '2' },
          { path: 'description', a: null, b: 'new' },
        ],
      },
    ]);
  });

  it('says where the paths part, and what each step took', async () => {
    const a = played(planOf('x1', {}));
    const b = played(planOf('x2', {}), { fails: true, slow: true });
    const it = await diff(a, b);
    expect(it.decisions).toMatchObject({
      where: 'Phase p1 / verify / check / on the agent',
      a: { event: 'AttemptEnded', text: 'SUCCESS', input: 'finished' },
      b: { event: 'AttemptEnded', text: 'FAILED (COMMAND_FAILED: exit status 1)' },
    });
    const check = it.steps.find((step) => step.name.endsWith('check'));
    expect(check).toMatchObject({ a: { status: 'SUCCESS' }, b: { status: 'FAILED' } });
    const install = it.steps.find((step) => step.name.endsWith('deploy / install'));
    expect([install?.a?.durationMs, install?.b?.durationMs]).toEqual([200, 10_000]);
    const undo = it.steps.find((step) => step.name.includes('undo'));
    expect([undo?.a, undo?.b?.status]).toEqual([null, 'SUCCESS']);
  });

  it('takes hosts that finish in another order for no difference', async () => {
    const backwards = new Play(planOf('x2', {})).run(() => null);
    for (const host of ['h2', 'h1']) {
      const attemptId = `x2/run/p1.0/deploy/install@${host}#1`;
      backwards.give({ input: 'finished', attemptId, result: succeeded });
    }
    backwards.finish((id) => (id.includes('check') ? { ...succeeded, outputs: { value: 'x' } } : succeeded));
    expect((await diff(played(planOf('x1', {})), backwards)).decisions).toBeNull();
  });
});
