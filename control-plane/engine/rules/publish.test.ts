import { describe, expect, it } from 'vitest';
import {
  agentStep,
  hostNamed,
  hostNames,
  onePhase,
  onFailure,
  phasePlan,
  plan,
  runPlan,
  sectionPlan,
  stepPlan,
} from '../../../test/support/plans.ts';
import { failedWith, Play, toldOf } from '../../../test/support/play.ts';
import type { FailureStrategy, SectionPlan, StepPlan } from '../plan.ts';

const values = (outputs: Record<string, string>) => ({ outcome: 'SUCCESS', touched: true, outputs }) as const;
const publishing = (id: string, name: string, more: Partial<StepPlan> = {}): StepPlan =>
  agentStep(id, { publish: { name, scope: 'WORKFLOW' }, ...more });
const ended = (steps: readonly StepPlan[], more: Partial<SectionPlan> = {}): Play =>
  new Play(onePhase([sectionPlan('deploy', steps, more)])).finish((id) =>
    values({ [id.includes('/b@') ? 'two' : 'one']: id.includes('/b@') ? 'b' : 'a' }),
  );
const failures = (play: Play): readonly (string | undefined)[] =>
  play.execution.runs
    .flatMap((run) => run.phases.flatMap((phase) => phase.sections.flatMap(({ steps }) => steps)))
    .filter((step) => step.status === 'FAILED')
    .map((step) => step.failure?.message);

describe('publishing outputs', () => {
  it('under a name that cannot be resolved fails the step', () => {
    const play = ended([publishing('a', 'x_${service.nmae}')]);
    expect(play.execution.status).toBe('FAILED');
    expect(failures(play)).toEqual([expect.stringContaining('nmae')]);
    expect(toldOf(play.events, 'OutputsPublished')).toEqual([]);
  });

  it('under a reserved name that an expression came to fails the step', () => {
    const play = ended([agentStep('a', { publish: { name: '${service.name}', scope: 'WORKFLOW' } })]);
    expect(play.execution.status).toBe('SUCCESS');
    const reserved = new Play(
      onePhase([sectionPlan('deploy', [publishing('a', '${service.name}')])], {
        phase: { families: { service: { name: 'terraform' } } },
      }),
    ).finish(() => values({ one: 'a' }));
    expect(failures(reserved)).toEqual([expect.stringContaining("the name 'terraform' is reserved")]);
  });

  it('one after the other under one name leaves the last', () => {
    const play = ended([publishing('a', 'found'), publishing('b', 'found')]);
    expect(play.execution.outputs.map(({ name, values: its }) => [name, its])).toEqual([['found', { two: 'b' }]]);
  });

  it.each<[string, readonly StepPlan[], Partial<SectionPlan>]>([
    ['in a parallel section', [publishing('a', 'found'), publishing('b', 'found')], { parallel: true }],
    ['together with the step before', [publishing('a', 'found'), publishing('b', 'found', { withPrevious: true })], {}],
  ])('%s under one name fails the later step', (_name, steps, more) => {
    const play = ended(steps, more);
    expect(play.execution.status).toBe('FAILED');
    expect(failures(play)).toEqual([
      "its outputs cannot be published: 'a' publishes 'found' at the same time: give them names of their own",
    ]);
  });

  it('of which the name is a secret, or cannot be resolved, fails the step and names the field', () => {
    const secret = ended([publishing('a', '${secrets.getValue("s")}')]);
    expect(failures(secret)).toEqual(['its outputs cannot be published: the name may hold no secret']);
    for (const play of [secret, ended([publishing('a', 'x_${service.nmae}')])]) {
      const step = play.execution.runs[0]?.phases[0]?.sections[0]?.steps[0];
      expect(step?.failure).toMatchObject({
        code: expect.stringMatching(/EXPRESSION|INVALID_INPUT/),
        field: 'publish.name',
      });
    }
  });

  it('by the name of the instance may have a name that is no identifier', () => {
    const named = (host: string) =>
      new Play(
        onePhase(
          [sectionPlan('deploy', [stepPlan('a', { publish: { name: '${instance.name}', scope: 'WORKFLOW' } })])],
          {
            phase: { hosts: [hostNamed(host)] },
          },
        ),
      ).finish(() => values({ one: 'a' }));
    for (const host of ['web-1', '-web', 'web-']) {
      expect(named(host).execution.outputs.map(({ name }) => name)).toEqual([host]);
    }
    expect(failures(named('terraform'))).toEqual([expect.stringContaining("the name 'terraform' is reserved")]);
  });

  it('beside each other under names of their own, or for owners of their own, all stand', () => {
    const names = ended([publishing('a', 'one'), publishing('b', 'two')], { parallel: true });
    expect(names.execution.outputs.map(({ name }) => name)).toEqual(['one', 'two']);
    const party = (id: string) =>
      runPlan([phasePlan('p1', [sectionPlan('deploy', [publishing('a', 'found')])], { hosts: [hostNamed('h1')] })], {
        id,
      });
    const owners = new Play(plan([party('r1'), party('r2')])).finish(() => values({ one: 'a' }));
    expect(owners.execution.outputs.map(({ owner }) => owner)).toEqual(['x1/r1', 'x1/r2']);
    expect(owners.execution.status).toBe('SUCCESS');
  });

  it('in a later section, or in a later stage, takes the place of the earlier', () => {
    const sections = [sectionPlan('s', [publishing('a', 'found')]), sectionPlan('t', [publishing('b', 'found')])];
    expect(failures(new Play(onePhase(sections)).finish(() => values({ one: 'a' })))).toEqual([]);
    const stage = (id: string) => {
      const step = agentStep('a', { publish: { name: 'found', scope: 'PIPELINE' } });
      return { id, name: id, runs: [runPlan([phasePlan('p1', [sectionPlan('s', [step])])], { id: `${id}r` })] };
    };
    const stages = new Play(plan([], { kind: 'PIPELINE', stages: [stage('s1'), stage('s2')] }));
    stages.finish((id) => values({ one: id.includes('s1r') ? 'a' : 'b' }));
    expect(stages.execution.outputs).toMatchObject([{ name: 'found', owner: 'x1', values: { one: 'b' } }]);
  });

  it.each([
    ['with the one between them', [{}, { withPrevious: true }, { withPrevious: true }], 1],
    ['but the last comes after both', [{}, { withPrevious: true }, {}], 0],
    ['but only the last two go together', [{}, {}, { withPrevious: true }], 0],
  ] as const)('of the first and the last of three steps, together %s, clashes %j: %d', (_, more, clashes) => {
    const steps = [publishing('a', 'found', more[0]), agentStep('m', more[1]), publishing('b', 'found', more[2])];
    expect(failures(ended(steps))).toHaveLength(clashes);
  });

  it('of provisioners comes together under their one name, unless two give the same value at once', () => {
    const provision = (id: string, more: Partial<StepPlan> = {}) =>
      stepPlan(id, {
        type: 'PROVISIONER',
        runs: 'agent',
        parameters: { provisioner: id, script: 'true' },
        publish: { name: 'shellScriptProvisioner', scope: 'WORKFLOW' },
        ...more,
      });
    const both = ended([provision('a'), provision('b')], { parallel: true });
    expect(both.execution.outputs.map(({ values: its }) => its)).toEqual([{ one: 'a', two: 'b' }]);
    const partly = new Play(onePhase([sectionPlan('deploy', [provision('a'), provision('b')], { parallel: true })]));
    partly.finish((id) => values(id.includes('/b@') ? { one: 'b', two: 'b' } : { one: 'a' }));
    expect(failures(partly)).toHaveLength(1);
    const clash = ended([provision('a'), provision('c')], { parallel: true });
    expect(failures(clash)).toEqual([
      expect.stringContaining("'a' publishes 'shellScriptProvisioner' at the same time"),
    ]);
  });
});

describe('outputs that cannot be published, of a step that failed on one of two hosts', () => {
  const NOT = "its outputs cannot be published: the name 'terraform' is reserved, or no name of letters, digits and _";
  /** Its name comes to a reserved one. */
  const begun = (strategy: FailureStrategy): Play =>
    new Play(
      onePhase(
        [
          sectionPlan('s', [stepPlan('a', { publish: { name: '${service.name}', scope: 'WORKFLOW' } })], {
            failureStrategies: [strategy],
          }),
        ],
        {
          phase: { hosts: hostNames(2).map(hostNamed), families: { service: { name: 'terraform' } } },
        },
      ),
    ).run((id) => (id.includes('@h2') ? failedWith('UNREACHABLE', false) : values({ one: 'a' })));
  const play = (strategy: FailureStrategy): Play => begun(strategy).finish(() => values({ one: 'a' }));
  const stepOf = ({ execution }: Play) => execution.runs[0]?.phases[0]?.sections[0]?.steps[0];

  it.each([
    ['IGNORE', 'FAILED', true],
    ['MARK_SUCCESS', 'SUCCESS', false],
  ] as const)('are told where the failure is passed over: %s', (action, status, ignored) => {
    const done = play(onFailure(action));
    expect(done.execution.status).toBe('SUCCESS');
    expect(stepOf(done)).toMatchObject({ status, ignored, failure: { code: 'UNREACHABLE' } });
    expect(stepOf(done)?.failure?.message).toContain(`; ${NOT}`);
  });

  it('fail it where the other host is tolerated: it has passed without that one, and gives nothing', () => {
    const done = play(onFailure('ABORT', { types: ['CONNECTIVITY'], tolerate: { count: 1 } }));
    expect(toldOf(done.events, 'HostsDropped')).toEqual(['HostsDropped run/p1.0 [h2]']);
    expect(stepOf(done)).toMatchObject({ status: 'FAILED', failure: { code: 'INVALID_INPUT', message: NOT } });
    // Not of the kind that the strategy is for.
    expect([done.execution.status, done.execution.runs[0]?.rollback?.scope]).toEqual(['FAILED', 'WORKFLOW']);
  });

  it.each(['IGNORE', 'MARK_SUCCESS'] as const)('are told where a person passes it over: %s', (action) => {
    const done = begun(onFailure('MANUAL_INTERVENTION'));
    done.give({ input: 'intervene', stepId: 'x1/run/p1.0/s/a', action, actor: 'ann', reason: '' });
    expect(done.execution.status).toBe('SUCCESS');
    expect(stepOf(done)?.failure?.message).toContain(`; ${NOT}`);
  });
});
