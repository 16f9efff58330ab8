import { expect, it } from 'vitest';
import { FailureError } from '@fairlead/proto/model/failure.ts';
import { oneStep } from '../../test/support/plans.ts';
import { Play } from '../../test/support/play.ts';
import { catalogOf, SHOP } from '../definitions/catalog-fixture.ts';
import { pipelineOf } from './planner.ts';

it('refuses, and throws nothing else, where the revision of a pipeline knows it no more', () => {
  const failureFor = (name: string): unknown => {
    const play = new Play({ ...oneStep(), kind: 'PIPELINE', name });
    try {
      return pipelineOf(catalogOf(SHOP), play.execution);
    } catch (error) {
      return error instanceof FailureError ? error.failures[0] : error;
    }
  };
  // A workflow has its name there.
  expect(failureFor('ship')).toMatchObject({
    code: 'ILLEGAL_STATE',
    message: "revision 1 of the definitions, which x1 was planned from, has no pipeline 'ship'. Start it anew",
  });
  expect(failureFor('gone')).toMatchObject({ code: 'ILLEGAL_STATE' });
});
