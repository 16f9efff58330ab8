import { describe, expect, it } from 'vitest';
import {
  agentStep,
  hostNamed,
  hostNames,
  onePhase,
  onFailure,
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
