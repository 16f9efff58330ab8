import { describe, expect, it } from 'vitest';
import { failure } from '@fairlead/proto/model/failure.ts';
import {
  agentStep,
  ATTEMPT,
  hostNamed,
  onePhase,
  oneStep,
  sectionPlan,
  simplePlan,
  stepPlan,
} from '../../test/support/plans.ts';
import { Play } from '../../test/support/play.ts';
import type { Command } from './commands.ts';
import type { Input } from './inputs.ts';
import { updateAttempt, updateRun } from './tree.ts';
import { wanted } from './wanted.ts';

const chosen: Input = { input: 'agentChosen', attemptId: ATTEMPT, agentId: 'a1', ledgerId: 'l1', sessionId: 's1' };
const starting: Input = { input: 'starting', attemptId: ATTEMPT, agentId: 'a1', assignment: 1 };
const lost: Input = { input: 'agentLost', attemptId: ATTEMPT, agentId: 'a1', reason: 'gone' };
const abort: Input = { input: 'abort', actor: 'me', reason: 'enough' };
const refused: Input = {
  input: 'released',
  attemptId: ATTEMPT,
  agentId: 'a1',
  assignment: 1,
  failure: failure('UNAVAILABLE', 'no'),
  final: true,
};
const after = (...inputs: readonly Input[]): Play => {
  const play = new Play(oneStep({ selectors: ['dc1'], cancelGraceMs: 700 }));
  for (const input of inputs) play.give(input);
  return play;
};
const about = { attemptId: ATTEMPT, agentId: 'a1', ledgerId: 'l1', assignment: 1 };
const assign = { command: 'assign', attemptId: ATTEMPT, type: 'SHELL_SCRIPT', selectors: ['dc1'] };
const cancel = { command: 'cancel', id: `${ATTEMPT}/cancel.1`, ...about, graceMs: 700, reason: 'enough' };
const probe = {
  command: 'probe',
  id: `${ATTEMPT}/probe.1`,
  attemptId: ATTEMPT,
  target: hostNamed('h1'),
  selectors: ['dc1'],
  type: 'SHELL_SCRIPT',
};

describe('of an attempt is wanted', () => {
  it.each<[string, readonly Input[], readonly object[]]>([
    ['an agent', [], [{ ...assign, id: `${ATTEMPT}/assign.1`, avoid: [] }]],
    ['its offer', [chosen], [{ command: 'offer', id: `${ATTEMPT}/offer.1`, ...about, sessionId: 's1' }]],
    ['another agent', [chosen, refused], [{ ...assign, id: `${ATTEMPT}/assign.2`, avoid: ['a1'] }]],
    ['nothing while it runs', [chosen, starting], []],
    ['a look at the target', [chosen, starting, lost], [probe]],
    ['its end', [chosen, starting, abort], [cancel]],
    ['its end instead of its offer', [chosen, abort], [cancel]],
    ['its end, and a look at the target', [chosen, starting, lost, abort], [cancel, probe]],
  ])('%s', (_, inputs, commands) => {
    expect(after(...inputs).commands).toEqual(commands);
  });

  it('nothing once it has ended, nor of others that have', () => {
    const play = new Play(simplePlan()).run((id) =>
      id.includes('@h1') ? null : { outcome: 'SUCCESS', touched: true },
    );
    expect(play.commands).toEqual([]);
  });

  it('nothing of an agent that nobody knows: only a broken journal holds such a thing', () => {
    const { execution } = after(chosen);
    for (const missing of ['agentId', 'ledgerId', 'sessionId'] as const) {
      expect(wanted(updateAttempt(execution, ATTEMPT, (attempt) => ({ ...attempt, [missing]: null })))).toEqual([]);
    }
  });

  it('no look at a target where there is none', () => {
    const play = new Play(onePhase([sectionPlan('s', [agentStep('a')])])).run(() => null);
    play.give({ input: 'agentLost', attemptId: 'x1/run/p1.0/s/a@-#1', agentId: 'a1', reason: 'gone' });
    expect(play.commands).toEqual([]);
  });

  it('an agent that the infrastructure pins, before one that the step names', () => {
    const selectors = (phase: readonly string[], step: readonly string[]) => {
      const sections = [sectionPlan('s', [stepPlan('a', { selectors: step })])];
      const [command] = new Play(onePhase(sections, { phase: { selectors: phase } })).commands;
      return command?.command === 'assign' ? command.selectors : null;
    };
    expect(selectors(['dc1'], ['dc2', 'fast'])).toEqual(['dc1']);
    expect(selectors([], ['dc2', 'fast'])).toEqual(['dc2', 'fast']);
    expect(selectors([], [])).toEqual([]);
  });

  it('an agent by the selectors of a step that are to stand beside those of the infrastructure', () => {
    const families = { workflow: { variables: { dc: 'dc1' } } };
    const of = (selectors: readonly string[]) => {
      const step = stepPlan('a', { selectors, selectorsStand: true });
      const sections = [sectionPlan('s', [step])];
      const [command] = new Play(onePhase(sections, { run: { families }, phase: { selectors: ['dc1'] } })).commands;
      return command?.command === 'assign' ? command.selectors : null;
    };
    expect(of(['fast', 'dc1'])).toEqual(['fast', 'dc1']);
    expect(of(['in-${workflow.variables.dc}', 'dc1'])).toEqual(['in-dc1', 'dc1']);
  });

  it('an agent by what the selectors of the step come to, which may be written as expressions', () => {
    const step = stepPlan('a', { selectors: ['dc-${workflow.variables.dc}', 'fast'] });
    const of = (dc: string, phase: readonly string[] = []) => {
      const families = { workflow: { variables: { dc } } };
      const play = new Play(onePhase([sectionPlan('s', [step])], { run: { families }, phase: { selectors: phase } }));
      const [command] = play.commands;
      return command?.command === 'assign' ? command.selectors : null;
    };
    expect(of('7')).toEqual(['dc-7', 'fast']);
    expect(of('7', ['pinned'])).toEqual(['pinned']);
    for (const selector of ['${workflow.nobody}', '${nobody.name}']) {
      const unknown = new Play(onePhase([sectionPlan('s', [stepPlan('a', { selectors: [selector] })])]));
      expect(unknown.execution.runs[0]?.phases[0]?.sections[0]?.steps[0]).toMatchObject({
        status: 'FAILED',
        failure: { code: 'EXPRESSION' },
        tasks: [],
      });
    }
    const empty = new Play(
      onePhase([sectionPlan('s', [stepPlan('a', { selectors: ['${text.empty}'] })])], {
        run: { families: { text: { empty: ' ' } } },
      }),
    );
    expect(empty.execution.runs[0]?.phases[0]?.sections[0]?.steps[0]?.failure?.message).toBe(
      "the selector '${text.empty}' must come to plain text, known here",
    );
  });

  it('an agent by the selectors of the step before and after the phases', () => {
    const pre = sectionPlan('pre', [agentStep('a', { selectors: ['dc2'] })]);
    const [command] = new Play(onePhase([], { run: { pre }, phase: { selectors: ['dc1'] } })).commands;
    expect(command).toMatchObject({ command: 'assign', selectors: ['dc2'] });
  });
});

describe('of an execution is wanted', () => {
  const ids = (commands: readonly Command[]) => commands.map((command) => command.id);

  it('its summary once it has ended, and nothing once it is settled', () => {
    const play = new Play(oneStep());
    expect(ids(play.commands)).not.toContain('x1/summary');
    play.give(chosen);
    play.give(starting);
    play.give({ input: 'finished', attemptId: ATTEMPT, result: { outcome: 'SUCCESS', touched: true } });
    expect(play.commands).toEqual([{ command: 'writeSummary', id: 'x1/summary' }]);
    play.give({ input: 'summaryWritten' });
    expect(play.execution.settled).toBe(true);
    expect(play.commands).toEqual([]);
    expect(wanted({ ...after().execution, settled: true })).toEqual([]);
  });

  it('the same of the same', () => {
    const { execution } = after(chosen);
    const again = structuredClone(execution);
    expect(wanted(execution)).toEqual(wanted(execution));
    expect(wanted(again)).toEqual(wanted(execution));
  });

  it('no lock for what is being aborted, and none that was never asked for', () => {
    const play = new Play(simplePlan({ run: { lock: { keys: ['k'], queueLimit: 4, timeoutMs: 9 } } }));
    const { execution } = play;
    expect(ids(wanted(execution))).toEqual(['x1/run/acquire']);
    const aborting = updateRun(execution, 'x1/run', (run) => ({ ...run, abort: { actor: 'me', reason: '', at: 1 } }));
    expect(wanted(aborting)).toEqual([]);
    expect(ids(after().commands)).toEqual([`${ATTEMPT}/assign.1`]);
  });
});
