import { describe } from 'vitest';
import { startSimulatedHaproxy } from '../support/haproxy/simulator.ts';
import { blueGreenScenario } from './blue-green-scenario.ts';

describe('blue/green over SSH, behind a simulated HAProxy', () => {
  blueGreenScenario(startSimulatedHaproxy);
});
