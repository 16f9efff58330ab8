import { it } from 'vitest';
import { oneStep } from '../../../test/support/plans.ts';
import { check, Play, type Case } from '../../../test/support/play.ts';

const running = () => new Play(oneStep());

const cases: readonly Case[] = [
  {
    name: 'a later epoch takes over',
    given: running,
    when: { input: 'driverChanged', driver: 'r2', epoch: 2 },
    then: ['DriverChanged r2 2'],
  },
  {
    name: 'the same epoch does not',
    given: running,
    when: { input: 'driverChanged', driver: 'r2', epoch: 1 },
    then: [],
  },
  {
    name: 'nothing follows the end of ends',
    given: () => running().finish(),
    when: { input: 'driverChanged', driver: 'r2', epoch: 2 },
    then: [],
  },
];
it.each(cases)('$name', check);
