import { expect, it } from 'vitest';
import { plan, simplePlan } from '../../test/support/plans.ts';
import { Play } from '../../test/support/play.ts';
import type { RunPlan } from '../engine/plan.ts';
import { runNamed } from './run-named.ts';

const pipeline = () => {
  const [one] = simplePlan().stages[0]?.runs ?? [];
  if (one === undefined) throw new Error('no run');
  const named = (id: string, name: string): RunPlan => ({ ...one, id, name });
  const stages = [
    { id: 'g1', name: 'QA', runs: [named('r1', 'QA')] },
    { id: 'g2', name: 'Prod', runs: [named('r2', 'Prod'), named('r3', 'Prod')] },
  ];
  return new Play(plan([], { kind: 'PIPELINE', stages })).execution;
};

it('finds a run by its id, by that of the plan, or by its name', () => {
  expect(['x1/r1', 'r1', 'QA'].map((wanted) => runNamed(pipeline(), wanted))).toEqual(['x1/r1', 'x1/r1', 'x1/r1']);
});

it('tells which runs there are, and which are called the same', () => {
  expect(() => runNamed(pipeline(), 'Q')).toThrow(
    "there is no run 'Q' in x1. There are: x1/r1 (QA), x1/r2 (Prod), x1/r3 (Prod).",
  );
  expect(() => runNamed(pipeline(), 'Prod')).toThrow(
    "several runs of x1 are called 'Prod'. Name one by its id: x1/r2 (Prod), x1/r3 (Prod).",
  );
});
