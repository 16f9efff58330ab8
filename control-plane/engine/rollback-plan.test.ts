import { describe, expect, it } from 'vitest';
import {
  hostNamed,
  hostNames,
  onePhase,
  phasePlan,
  plan,
  runPlan,
  sectionPlan,
  selectStep,
  stepPlan,
} from '../../test/support/plans.ts';
import { failed, Play, succeeded } from '../../test/support/play.ts';
import { rollbackRunOf } from './rollback-plan.ts';

const undo = sectionPlan('undo', [stepPlan('undo')], { undoes: 'deploy' });

/** Two phases over three hosts: the first in batches of one on two of them, the second on the third. */
const twoPhases = runPlan([
  phasePlan('p1', [sectionPlan('infra', [selectStep({ count: 1 })]), sectionPlan('deploy', [stepPlan('install')])], {
    hosts: hostNames(2).map(hostNamed),
    rolling: true,
    rollback: [undo],
  }),
  phasePlan('p2', [sectionPlan('deploy', [stepPlan('install')])], {
    hosts: [hostNamed('h3')],
    rollback: [undo],
  }),
]);

describe('the plan of a deployment turned round', () => {
  it('undoes the newest phase first, each in one pass over all hosts it worked on', () => {
    const { execution } = new Play(plan([twoPhases])).finish();
    const turned = rollbackRunOf(twoPhases, execution.runs[0]);
    expect(
      turned.phases.map(({ id, name, hosts, rolling }) => [id, name, hosts.map((host) => host.name), rolling]),
    ).toEqual([
      ['p2', 'Rollback Phase p2', ['h3'], false],
      ['p1', 'Rollback Phase p1', ['h1', 'h2'], false],
    ]);
    expect(turned.phases.flatMap((phase) => phase.sections)).toEqual([
      { ...undo, undoes: null },
      { ...undo, undoes: null },
    ]);
    expect([turned.pre, turned.post, turned.id]).toEqual([null, null, 'run']);
  });

  it('can be executed', () => {
    const { execution } = new Play(plan([twoPhases])).finish();
    const back = new Play(plan([rollbackRunOf(twoPhases, execution.runs[0])])).finish();
    expect(back.execution.status).toBe('SUCCESS');
  });

  it('leaves alone what was not reached', () => {
    const { execution } = new Play(plan([twoPhases])).finish((id) => (id.includes('p1.0') ? failed() : succeeded));
    expect(rollbackRunOf(twoPhases, execution.runs[0]).phases.map((phase) => phase.id)).toEqual(['p1']);
    expect(rollbackRunOf(twoPhases, undefined).phases).toEqual([]);
  });

  it('leaves alone a phase that chose no host', () => {
    const play = new Play(onePhase([sectionPlan('deploy', [stepPlan('install')])]));
    const [phase] = play.execution.plan.stages[0]?.runs[0]?.phases ?? [];
    const [run] = play.execution.runs;
    if (phase === undefined || run === undefined) throw new Error('nothing planned');
    const chose = (hosts: readonly string[]) => ({ ...run, phases: run.phases.map((each) => ({ ...each, hosts })) });
    const turned = (hosts: readonly string[]) => rollbackRunOf(runPlan([phase]), chose(hosts)).phases.length;
    expect([turned([]), turned(['h1'])]).toEqual([0, 1]);
  });
});
