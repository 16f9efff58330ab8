import { describe, expect, it } from 'vitest';
import {
  agentStep,
  hostNamed,
  hostNames,
  onePhase,
  phasePlan,
  plan,
  runPlan,
  sectionPlan,
  selectStep,
  stepPlan,
} from '../../../test/support/plans.ts';
import { Play, toldOf } from '../../../test/support/play.ts';
import type { PhasePlan, StepPlan } from '../plan.ts';
import { hostsOfPercent } from './select-nodes.ts';

type Parameters = StepPlan['parameters'];

/** One phase for each selection, all on the same hosts. */
function select(hosts: number, selections: readonly Parameters[], more: Partial<PhasePlan> = {}): Play {
  const phases = selections.map((parameters, index) =>
    phasePlan(`p${index + 1}`, [sectionPlan('infra', [selectStep(parameters)]), sectionPlan('do', [stepPlan('it')])], {
      hosts: hostNames(hosts).map(hostNamed),
      ...more,
    }),
  );
  const families = {
    env: { name: 'prod' },
    workflow: { variables: { n: '3', none: '', word: 'many', two: 'h4, h2' } },
  };
  return new Play(plan([runPlan(phases, { families })])).run();
}
const hostsOf = (play: Play) => play.execution.runs[0]?.phases.map((phase) => (phase.hosts ?? []).join(' '));
const problemOf = (play: Play) => {
  const { runs } = play.execution;
  return `${runs[0]?.failure?.code}: ${runs[0]?.failure?.message}`;
};

describe('a share of hosts', () => {
  it.each([
    [25, 10, 3],
    [25, 4, 1],
    [1, 10, 1],
    [0.1, 10, 1],
    [99, 10, 10],
    [100, 10, 10],
    [100, 7, 7],
    [33.4, 3, 2],
    [50, 1, 1],
  ])('%d %% of %d is %d', (percent, total, expected) => {
    expect(hostsOfPercent(percent, total)).toBe(expected);
  });
});

describe('Select Nodes', () => {
  it.each<[string, number, readonly Parameters[], readonly string[]]>([
    ['by count', 3, [{ count: 2 }], ['h1 h2']],
    ['by count, all at most', 2, [{ count: 5 }], ['h1 h2']],
    ['by percent', 4, [{ percent: 50 }], ['h1 h2']],
    ['by nothing takes all', 3, [{}], ['h1 h2 h3']],
    ['by names that an expression comes to', 4, [{ hosts: ['${workflow.variables.two}', 'h1'] }], ['h4 h2 h1']],
    ['counts are cumulative', 4, [{ count: 1 }, { count: 2 }, { count: 4 }], ['h1', 'h2', 'h3 h4']],
    [
      'percentages are cumulative',
      8,
      [{ percent: 25 }, { percent: 50 }, { percent: 75 }, { percent: 100 }],
      ['h1 h2', 'h3 h4', 'h5 h6', 'h7 h8'],
    ],
    ['named hosts in the order of their naming, each once', 4, [{ hosts: ['h3', 'h1', 'h3'] }], ['h3 h1']],
    ['named hosts count as taken', 3, [{ hosts: ['h1'] }, { count: 2 }], ['h1', 'h2']],
    [
      'without exclusion they are offered again',
      3,
      [{ count: 1, exclude: false }, { percent: 100 }],
      ['h1', 'h1 h2 h3'],
    ],
    ['an expression', 5, [{ count: '${workflow.variables.n}' }], ['h1 h2 h3']],
    ['a number in text', 4, [{ percent: ' 50 ' }], ['h1 h2']],
  ])('%s', (_, hosts, selections, expected) => {
    const play = select(hosts, selections);
    expect(hostsOf(play)).toEqual(expected);
    expect(play.execution.status).toBe('SUCCESS');
  });

  const took = (wanted: number): string => `${wanted} of 4 hosts were asked for, and earlier phases took as many`;
  it.each<[string, number, readonly Parameters[], readonly string[], string]>([
    ['the same share again', 4, [{ percent: 25 }, { percent: 25 }], ['h1', ''], took(1)],
    ['a smaller count', 4, [{ count: 2 }, { count: 1 }], ['h1 h2', ''], took(1)],
    ['all taken', 2, [{ percent: 100 }, { percent: 100 }], ['h1 h2', ''], 'earlier phases took all of the 2 hosts'],
    [
      'a canary on one host',
      1,
      [{ percent: 25 }, { percent: 50 }, { percent: 100 }],
      ['h1', '', ''],
      'all of the 1 hosts',
    ],
  ])('skips a phase without a host: %s', (_, hosts, selections, expected, why) => {
    const play = select(hosts, selections);
    const phases = play.execution.runs[0]?.phases ?? [];
    expect(hostsOf(play)).toEqual(expected);
    expect(phases.map((phase) => phase.status)).toEqual(['SUCCESS', ...expected.slice(1).map(() => 'SKIPPED')]);
    expect(phases[1]?.skipped).toContain(why);
    expect(phases[1]?.sections.map((section) => [section.status, section.steps[0]?.skipped])).toEqual([
      ['SKIPPED', phases[1]?.skipped],
    ]);
    expect(play.execution.status).toBe('SUCCESS');
  });

  it.each([
    ['step', { ...selectStep({ count: 1 }), skip: 'true' }, {}],
    ['section', selectStep({ count: 1 }), { skip: 'true' }],
  ])('that is skipped, the %s as a whole or alone, selects no host, and not all of them', (_, step, section) => {
    const phase = phasePlan('p1', [sectionPlan('infra', [step], section), sectionPlan('do', [stepPlan('it')])]);
    const play = new Play(plan([runPlan([phase])])).finish();
    expect(toldOf(play.events, 'StepStarted', 'RollbackEnded')).toEqual(['RollbackEnded run NOTHING']);
    expect(play.execution.runs[0]?.failure).toEqual({ code: 'NO_HOSTS', message: 'no host is selected' });
  });

  it('skips every phase when all hosts have the build already', () => {
    const play = select(0, [{ percent: 50 }, { percent: 100 }], { leftOut: ['h1', 'h2'] });
    const { status, runs } = play.execution;
    expect(status).toBe('SKIPPED');
    expect(runs[0]?.phases.map((phase) => [phase.status, phase.skipped])).toEqual([
      ['SKIPPED', 'every host has this build already: h1, h2'],
      ['SKIPPED', 'every host has this build already: h1, h2'],
    ]);
  });

  it('works on named hosts that do not have the build yet', () => {
    const play = select(1, [{ hosts: ['h1', 'h2'] }], { leftOut: ['h2'] });
    expect(hostsOf(play)).toEqual(['h1']);
  });

  it('has no host left for a later phase, which passes also where other steps run beside the selection', () => {
    const phase = (id: string) =>
      phasePlan(
        id,
        [
          sectionPlan('infra', [selectStep({ percent: 50 }), agentStep('tell')], { parallel: true }),
          sectionPlan('do', [stepPlan('it')]),
        ],
        { hosts: [hostNamed('h1')] },
      );
    const play = new Play(plan([runPlan([phase('p1'), phase('p2')])])).finish();
    expect(play.execution.status).toBe('SUCCESS');
    const last = play.execution.runs[0]?.phases.at(-1)?.sections.at(-1)?.steps[0];
    expect([last?.status, last?.skipped]).toEqual(['SKIPPED', 'no host is left for this phase']);
  });

  it('offers the hosts of one service to the next', () => {
    const phase = (id: string, mapping: string) =>
      phasePlan(id, [sectionPlan('infra', [selectStep({ percent: 100 })]), sectionPlan('do', [stepPlan('it')])], {
        mapping,
      });
    const play = new Play(plan([runPlan([phase('p1', 'web'), phase('p2', 'worker')])])).run();
    expect(hostsOf(play)).toEqual(['h1 h2', 'h1 h2']);
  });

  it.each<[string, number, readonly Parameters[], string]>([
    ['no hosts at all', 0, [{ count: 1 }], "NO_HOSTS: the infrastructure 'dc1' has no hosts"],
    [
      'strangers of an expression',
      2,
      [{ hosts: ['${workflow.variables.word}'] }],
      'NO_HOSTS: no such host: many; the infrastructure has h1, h2',
    ],
    [
      'an expression that names none',
      2,
      [{ hosts: ['${workflow.variables.none}'] }],
      'NO_HOSTS: no host is named by ${workflow.variables.none}',
    ],
    [
      'an expression nobody knows',
      2,
      [{ hosts: ['${workflow.variables.nobody}'] }],
      "EXPRESSION: column 22: workflow.variables has no 'nobody'; it has n, none, two, word",
    ],
    ['strangers', 2, [{ hosts: ['h1', 'x', 'y'] }], 'NO_HOSTS: no such host: x, y; the infrastructure has h1, h2'],
    ['0 %', 2, [{ percent: '0' }], 'NO_HOSTS: 0 % of the hosts: it must be over 0 and at most 100'],
    ['101 %', 2, [{ percent: '101' }], 'NO_HOSTS: 101 % of the hosts: it must be over 0 and at most 100'],
    ['count 0', 2, [{ count: '0' }], 'NO_HOSTS: 0 hosts: it must be a whole number of at least 1'],
    ['half a host', 2, [{ count: '1.5' }], 'NO_HOSTS: 1.5 hosts: it must be a whole number of at least 1'],
    [
      'a word',
      2,
      [{ count: '${workflow.variables.word}' }],
      "NO_HOSTS: '${workflow.variables.word}' is not a number of hosts",
    ],
    [
      'an empty text',
      2,
      [{ count: '${workflow.variables.none}' }],
      "NO_HOSTS: '${workflow.variables.none}' is not a number of hosts",
    ],
    ['no number for ever', 2, [{ count: 'Infinity' }], "NO_HOSTS: 'Infinity' is not a number of hosts"],
    ['nonsense', 2, [{ count: -1 }], "NO_HOSTS: step 'select': Too small: expected number to be >0"],
  ])('fails for %s', (_, hosts, selections, expected) => {
    expect(problemOf(select(hosts, selections))).toBe(expected);
  });

  it('fails for what cannot be evaluated', () => {
    for (const selection of [{ count: '${workflow.variables.x}' }, { percent: '${workflow.variables.x}' }]) {
      const play = select(3, [selection]);
      expect(play.execution.runs[0]?.failure?.code).toBe('EXPRESSION');
      expect(play.execution.runs[0]?.rollback?.cause).toBe('x1/run/p1.0/infra/select');
    }
  });

  describe('by group', () => {
    const groups = { blue: ['h2', 'h3'], none: [] };

    it('takes all hosts of it, by whatever name it goes now', () => {
      expect(hostsOf(select(3, [{ group: 'blue' }], { groups }))).toEqual(['h2 h3']);
      expect(hostsOf(select(3, [{ group: '${workflow.variables.word}' }], { groups: { many: ['h1'] } }))).toEqual([
        'h1',
      ]);
    });

    it('skips a phase whose group is empty', () => {
      const play = select(3, [{ group: 'none' }], { groups });
      expect(play.execution.runs[0]?.phases.map((phase) => [phase.status, phase.skipped])).toEqual([
        ['SKIPPED', "the group 'none' is empty"],
      ]);
    });

    it.each<[string, Partial<PhasePlan>, string]>([
      ['green', { groups }, "NO_HOSTS: there is no group 'green' of hosts; the infrastructure has blue, none"],
      ['green', {}, "NO_HOSTS: there is no group 'green' of hosts; the infrastructure has none"],
      ['toString', { groups }, "NO_HOSTS: there is no group 'toString' of hosts; the infrastructure has blue, none"],
      ['${secrets.getValue("s")}', { groups }, `EXPRESSION: the group '\${secrets.getValue("s")}' cannot be evaluated`],
    ])('fails for %s', (group, more, expected) => {
      expect(problemOf(select(3, [{ group }], more))).toBe(expected);
    });

    it('fails for one that is called by what is not known', () => {
      const play = select(3, [{ group: '${workflow.variables.x}' }], { groups });
      expect(play.execution.runs[0]?.failure?.code).toBe('EXPRESSION');
      expect(play.execution.runs[0]?.failure?.message).toContain("workflow.variables has no 'x'");
    });
  });

  it('names the phase where the infrastructure has no name', () => {
    const play = select(0, [{ count: 1 }], { infrastructure: null });
    expect(problemOf(play)).toBe("NO_HOSTS: the infrastructure 'Phase p1' has no hosts");
  });

  it('tells all that is wrong', () => {
    expect(problemOf(select(2, [{ count: -1, percent: -1 }]))).toBe(
      "NO_HOSTS: step 'select': Too small: expected number to be >0; Too small: expected number to be >0",
    );
  });

  it('counts only what phases on the same infrastructure took', () => {
    const phase = (id: string, infrastructure: string) =>
      phasePlan(id, [sectionPlan('infra', [selectStep({ count: 2 })])], {
        hosts: hostNames(2).map(hostNamed),
        infrastructure: { id: infrastructure, name: infrastructure },
      });
    const play = new Play(plan([runPlan([phase('p1', 'dc1'), phase('p2', 'dc2')])])).run();
    expect(hostsOf(play)).toEqual(['h1 h2', 'h1 h2']);
  });

  it('takes nothing for itself where a phase works on all hosts', () => {
    const all = phasePlan('p1', [sectionPlan('do', [stepPlan('it')])], { hosts: hostNames(2).map(hostNamed) });
    const some = phasePlan('p2', [sectionPlan('infra', [selectStep({ count: 1 })])], {
      hosts: hostNames(2).map(hostNamed),
    });
    const play = new Play(plan([runPlan([all, some])])).run();
    expect(play.execution.runs[0]?.phases.map((phase) => phase.hosts)).toEqual([null, ['h1']]);
  });

  it('outside a phase has nothing to choose from', () => {
    const pre = sectionPlan('pre', [selectStep({ count: 1 })]);
    const play = new Play(onePhase([], { run: { pre } })).run();
    expect(problemOf(play)).toBe('NO_HOSTS: there is no infrastructure outside a phase');
  });
});

describe('a rolling phase', () => {
  const batches = (hosts: number, parameters: Parameters) => select(hosts, [parameters], { rolling: true });

  it.each<[string, number, Parameters, readonly number[]]>([
    ['10 by 3', 10, { count: 3 }, [3, 3, 3, 1]],
    ['by a share of all, computed alike each time', 10, { percent: 40 }, [4, 4, 2]],
    ['whatever it says of exclusion', 3, { count: 2, exclude: false }, [2, 1]],
    ['all at once', 3, { percent: 100 }, [3]],
  ])('goes batch by batch: %s', (_, hosts, parameters, expected) => {
    const play = batches(hosts, parameters);
    expect(play.execution.runs[0]?.phases.map((phase) => phase.hosts?.length)).toEqual(expected);
    const all = play.execution.runs[0]?.phases.flatMap((phase) => phase.hosts ?? []);
    expect(all).toEqual(hostNames(hosts));
  });

  it('numbers its batches', () => {
    expect(batches(2, { count: 1 }).execution.runs[0]?.phases.map((phase) => [phase.name, phase.iteration])).toEqual([
      ['Phase p1 (batch 1)', 0],
      ['Phase p1 (batch 2)', 1],
    ]);
  });

  it('that chooses no hosts has one pass', () => {
    const phase = phasePlan('p1', [sectionPlan('do', [stepPlan('it')])], { rolling: true });
    const play = new Play(plan([runPlan([phase])])).run();
    expect(play.execution.runs[0]?.phases).toHaveLength(1);
    expect(play.execution.status).toBe('SUCCESS');
  });
});
