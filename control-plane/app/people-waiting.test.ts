import { expect, it } from 'vitest';
import { agentStep, plan, runPlan, sectionPlan } from '../../test/support/plans.ts';
import { Play } from '../../test/support/play.ts';
import { whichWaits } from './people-waiting.ts';

const approval = { type: 'APPROVAL', runs: 'decided', parameters: { groups: ['ops'] }, name: 'Release?' } as const;
const run = (id: string) =>
  runPlan([], { id, name: `Ship (${id})`, pre: sectionPlan('pre', [agentStep('ask', approval)]) });

it('refuses a name that several approvals have: one answer must not go to another', () => {
  const { execution } = new Play(plan([run('r1x1'), run('r1x2')])).run();
  expect(() => whichWaits(execution, ['APPROVAL'], 'Release?')).toThrow(
    'several wait in x1: name one of x1/r1x1/pre.0/pre/ask, x1/r1x2/pre.0/pre/ask',
  );
  expect(whichWaits(execution, ['APPROVAL'], 'Ship (r1x2)')).toMatchObject({ id: 'x1/r1x2/pre.0/pre/ask' });
  expect(whichWaits(execution, ['APPROVAL'], 'x1/r1x1/pre.0/pre/ask')).toMatchObject({ where: 'Ship (r1x1)' });
  expect(whichWaits(execution, ['APPROVAL'], 'Other')).toBeNull();
});
